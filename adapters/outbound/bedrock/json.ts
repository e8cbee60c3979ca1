import type { ToolInputSchema } from "@aws-sdk/client-bedrock-runtime";

/** What the SDK calls a document: any JSON. */
export type Json = ToolInputSchema.JsonMember["json"];
