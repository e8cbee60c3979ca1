import { Hono } from "hono";
import type { Answers } from "../../../application/answers.ts";
import type { CompleteChat } from "../../../application/complete-chat.ts";
import type { IngestDocuments } from "../../../application/ingest-documents.ts";
import type { SearchPassages } from "../../../application/search-passages.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { AdapterStatus } from "../../../domain/health.ts";
import type { Log } from "../../../domain/log.ts";
import type { AdapterFactory } from "../../../domain/ports/adapter-factory.ts";
import { deleteDocument, deleteDocuments, getDocument, listCorpora, putDocument } from "./corpora.ts";
import { type Callers, credentials } from "./credentials.ts";
import { type BoundedHandler, withDeadline } from "./deadline.ts";
import { generate } from "./generate.ts";
import { live, ready } from "./health.ts";
import type { HttpContext, HttpEnvironment } from "./http-context.ts";
import { type MetricsSource, metrics, type RequestRecorder, requestMetrics } from "./metrics.ts";
import { models } from "./models.ts";
import { chatCompletions } from "./openai/chat-completions.ts";
import { embeddings } from "./openai/embeddings.ts";
import { openaiErrorResponse } from "./openai/errors.ts";
import { getModel, listModels } from "./openai/models.ts";
import { responses } from "./openai/responses.ts";
import { problemResponse } from "./problem.ts";
import { requestLog } from "./request-log.ts";
import { requestSchemas } from "./schemas.ts";
import { search } from "./search.ts";
import type { HttpSettings } from "./settings.ts";
import { usage } from "./usage.ts";
import { welcome } from "./welcome.ts";

export interface HttpDependencies {
  readonly answers: Answers;
  readonly chat: CompleteChat;
  readonly searchPassages: SearchPassages;
  readonly documents: IngestDocuments;
  readonly adapters: AdapterFactory;
  /** Every adapter of the config, in its order. */
  status(): readonly AdapterStatus[];
  /** Whether the service is on its way down. */
  draining(): boolean;
  /** Absent where everybody may do everything. */
  readonly callers?: Callers;
  readonly log: Log;
  readonly metrics: MetricsSource & { readonly requests: RequestRecorder };
  readonly settings: HttpSettings;
}

const DOCUMENT = "/corpora/:name/documents/:id{.+}";

/** The HTTP contract (docs/http-api.md) as an app of Hono's. */
export function createApp(dependencies: HttpDependencies): Hono<HttpEnvironment> {
  const { answers, chat, searchPassages, documents, adapters, status, draining, callers, log, settings } = dependencies;
  const schemas = requestSchemas(settings.limits);
  const bounded = (handle: BoundedHandler) => withDeadline(settings.deadlineMs, handle);
  const app = new Hono<HttpEnvironment>();
  app.use(requestLog(log));
  app.use(requestMetrics(dependencies.metrics.requests));
  if (callers !== undefined) app.use(credentials(callers));
  app.get("/", welcome).all(allow("GET, HEAD"));
  app.get("/models", models(adapters)).all(allow("GET, HEAD"));
  app.get("/health/live", live).all(allow("GET, HEAD"));
  app.get("/health/ready", ready(status, draining)).all(allow("GET, HEAD"));
  app.get("/metrics", metrics(dependencies.metrics)).all(allow("GET, HEAD"));
  app.post("/generate", bounded(generate(answers, schemas, settings))).all(allow("POST"));
  app.post("/search", bounded(search(searchPassages, schemas, settings))).all(allow("POST"));
  app.get("/corpora", bounded(listCorpora(adapters, settings))).all(allow("GET, HEAD"));
  app.post("/corpora/:name/delete", bounded(deleteDocuments(documents, schemas, settings))).all(allow("POST"));
  app
    .put(DOCUMENT, bounded(putDocument(documents, schemas, settings.limits.bodyBytes)))
    .get(bounded(getDocument(documents, settings)))
    .delete(bounded(deleteDocument(documents, settings)))
    .all(allow("GET, HEAD, PUT, DELETE"));
  app.post("/v1/chat/completions", bounded(chatCompletions(chat, settings))).all(allow("POST"));
  app.post("/v1/responses", bounded(responses(chat, settings))).all(allow("POST"));
  app.post("/v1/embeddings", bounded(embeddings(adapters, settings))).all(allow("POST"));
  app.get("/v1/models", listModels(adapters)).all(allow("GET, HEAD"));
  app.get("/v1/models/:id{.+}", getModel(adapters)).all(allow("GET, HEAD"));
  if (callers !== undefined) app.get("/usage", usage(callers.allowances)).all(allow("GET, HEAD"));
  app.notFound((context) => {
    const error = new ServiceError("not-found", "There is nothing at this address.");
    context.error = error;
    return errorResponse(error, context);
  });
  app.onError(errorResponse);
  return app;
}

/** The error in the shape that the callers of the address know. */
function errorResponse(error: Error, context: HttpContext): Response {
  const isOpenAI = context.req.path.startsWith("/v1/");
  return isOpenAI ? openaiErrorResponse(error, context) : problemResponse(error, context);
}

/** Refuses every method that no handler before it took. */
function allow(methods: string) {
  return (context: HttpContext): never => {
    context.header("allow", methods);
    throw new ServiceError("method-not-allowed", `This address takes ${methods}.`);
  };
}
