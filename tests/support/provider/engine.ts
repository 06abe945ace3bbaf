import { Server, ServerCredentials } from "@grpc/grpc-js";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import empty from "google-protobuf/google/protobuf/empty_pb";

const severities = ["debug", "info", "warning", "error"];

export interface LogLine {
  severity: string;
  message: string;
  urn: string;
  /** Shown only while it is the latest message, and not in the final output. */
  ephemeral: boolean;
}

/** The part of the engine that a plugin talks back to: its log. */
export class FakeEngine {
  readonly log: LogLine[] = [];
  readonly #server = new Server();

  async listen(): Promise<string> {
    const refuse = () => {
      throw new Error("a command plugin has no business calling this");
    };
    const service: IEngineServer = {
      log: (call, done) => {
        this.log.push(toLine(call.request));
        done(null, new empty.Empty());
      },
      getRootResource: refuse,
      setRootResource: refuse,
      startDebugging: refuse,
      requirePulumiVersion: refuse,
    };
    this.#server.addService(EngineService, service);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return `127.0.0.1:${port}`;
  }

  /** The messages of one severity, without what the plugin says in passing. */
  messages(severity: string): string[] {
    return this.log.filter((line) => line.severity === severity).map((line) => line.message);
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

function toLine(request: LogRequest): LogLine {
  return {
    severity: severities[request.getSeverity()] ?? "unknown",
    message: request.getMessage(),
    urn: request.getUrn(),
    ephemeral: request.getEphemeral(),
  };
}
