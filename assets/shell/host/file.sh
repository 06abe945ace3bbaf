#!/bin/sh
# Environment: FILE, CONTENT, MODE, OWNER (user:group, or empty)

printf '%s' "$CONTENT" | (replace "$FILE" "$MODE" "$OWNER")
remember "$FILE"
