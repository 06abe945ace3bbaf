import * as z from "zod";
import { gpuReportSchema } from "./gpuReport";

/** The JSON schema of the GPU report, for those who read it with other tools. */
export function gpuReportJsonSchema(): object {
  return {
    ...z.toJSONSchema(gpuReportSchema, { target: "draft-7" }),
    title: "aistack GPU report",
  };
}
