#!/bin/sh
forget "$FILE"
