import * as pulumi from "@pulumi/pulumi";
import { AiStack } from "./components/aiStack";
import { observeStack } from "./components/observeStack";
import { StackError } from "./plan/errors";

/** The composition root: configuration → plan → facts of the host → resources → outputs. */
export = async () => {
  try {
    const stack = new AiStack("aistack", await observeStack());
    return {
      endpoints: stack.endpoints,
      services: stack.services,
      gpu: stack.gpu,
      models: stack.models,
    };
  } catch (error) {
    // A RunError is printed without a stack: the fault is the user's input or host, not a bug.
    if (error instanceof StackError) throw new pulumi.RunError(error.message);
    throw error;
  }
};
