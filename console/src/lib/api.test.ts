import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Api, createApi } from "./api";
import { answer, fakeService } from "./testing";

// Every call that the console makes, once.
const calls: { [Name in keyof Api]: (api: Api) => Promise<unknown> } = {
  session: (api) => api.session(),
  products: (api) => api.products({ limit: 5, cursor: "c" }),
  product: (api) => api.product("1"),
  createProduct: (api) => api.createProduct({ productId: "1", name: "lamp" }),
  changeProduct: (api) => api.changeProduct("1", { startsAt: null }),
  deleteProduct: (api) => api.deleteProduct("1"),
  pause: (api) => api.pause("1"),
  resume: (api) => api.resume("1"),
  end: (api) => api.end("1"),
  restock: (api) => api.restock("1", 5, "more"),
  books: (api) => api.books("1"),
  dryRepairBooks: (api) => api.dryRepairBooks("1"),
  repairBooks: (api) => api.repairBooks("1"),
  summary: (api) => api.summary("1"),
  logs: (api) => api.logs({ productId: "1", userId: "2", status: "FAILED", order: "asc" }),
  userResults: (api) => api.userResults("2", { status: "SUCCESS" }),
  result: (api) => api.result("1", "2"),
  orders: (api) => api.orders({ productId: "1", paymentRef: "p" }),
  order: (api) => api.order("3"),
  payOrder: (api) => api.payOrder("3", "ref"),
  cancelOrder: (api) => api.cancelOrder("3"),
  exportOrders: (api) => api.exportOrders({ status: "PAID" }, "csv"),
  letters: (api) => api.letters({ reason: "INVALID_UID", streamId: "1-0" }),
  letterGroups: (api) => api.letterGroups({ productId: "1" }),
  letter: (api) => api.letter("4"),
  previewLetter: (api) => api.previewLetter("4", { uid: "5", ts: null }),
  replayLetter: (api) => api.replayLetter("4", { uid: "5" }, "why"),
  discardLetter: (api) => api.discardLetter("4", "why"),
  reopenLetter: (api) => api.reopenLetter("4", "why"),
  replayLetters: (api) => api.replayLetters({ productId: "1", limit: 10, afterId: "4" }),
  discardLetters: (api) => api.discardLetters({ limit: 10, note: "why" }),
  streams: (api) => api.streams(),
  stream: (api) => api.stream("1"),
  pending: (api) => api.pending("1", { limit: 5 }),
  audit: (api) => api.audit({ actor: "ann", target: "product:1" }),
  exportAudit: (api) => api.exportAudit({ action: "product.pause" }),
  preflight: (api) => api.preflight("1"),
  runbooks: (api) => api.runbooks("en"),
  runbook: (api) => api.runbook("SeckillBooksDrift", "en"),
};

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Schema {
  $ref?: string;
  properties?: Record<string, unknown>;
  required?: string[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const document: Document = JSON.parse(readFileSync("../openapi.json", "utf8"));

// The operation of a path, and the parts of it that stand for something.
function operationOf(method: string, path: string): Operation | undefined {
  for (const [template, methods] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, "(?!replay$|discard$|summary$|export$)[^/]+")}$`);
    const found = pattern.test(path) ? methods[method.toLowerCase()] : undefined;
    if (found) return found;
  }
  return undefined;
}

function schemaOf(operation: Operation | undefined): Schema {
  const schema = operation?.requestBody?.content["application/json"]?.schema ?? {};
  const name = schema.$ref?.split("/").at(-1);
  return name ? (document.components.schemas[name] ?? {}) : schema;
}

it.each(Object.entries(calls))("%s is a route of openapi.json, with its parameters and its fields", async (_, call) => {
  const service = fakeService(() => answer(200, { items: [] }));
  await call(createApi({ token: () => "T", base: "https://x.example/", fetch: service.fetch }));
  const asked = service.asked[0];
  const url = new URL(asked?.url ?? "");
  const operation = operationOf(asked?.method ?? "", url.pathname);
  expect(operation, `${asked?.method} ${url.pathname}`).toBeDefined();
  const parameters = operation?.parameters?.filter((p) => p.in === "query").map((p) => p.name) ?? [];
  expect(parameters).toEqual(expect.arrayContaining([...url.searchParams.keys()]));
  const fields = asked?.body ? Object.keys(JSON.parse(asked.body)) : [];
  const schema = schemaOf(operation);
  expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining(fields));
  expect(fields).toEqual(expect.arrayContaining(schema.required ?? []));
});
