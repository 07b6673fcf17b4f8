// Every route of the service that the console calls.

import { ApiError, createHttp, type Http, type HttpOptions, isAbort } from "./http";
import { createLive } from "./live";
import type * as t from "./types";

export { ApiError, isAbort };

/** What may be said beside what is asked: a page of a list, and a way to call it off. */
export interface Paging {
  limit?: number;
  cursor?: string;
  signal?: AbortSignal;
}

export type ExportFormat = "ndjson" | "csv";

export type Api = ReturnType<typeof createApi>;

/** Makes the typed client; options say with which token, and what becomes of a 401. */
export function createApi(options: HttpOptions) {
  const http = createHttp(options);
  return {
    session: (signal?: AbortSignal) => http.json<t.Session>("admin/v1/session", { signal }),
    ...products(http),
    ...attempts(http),
    ...letters(http),
    ...operation(http),
  };
}

type Hooks = Pick<HttpOptions, "token" | "onUnauthorized">;

let hooks: Hooks = { token: () => undefined };

/** Says which token the console calls with, and who hears that one was refused. */
export function connect(given: Hooks): void {
  hooks = given;
}

const options: HttpOptions = {
  token: () => hooks.token(),
  onUnauthorized: (token) => hooks.onUnauthorized?.(token),
};

/** The service, called with the token of who is signed in. */
export const api = createApi(options);

/** What the service says each second, asked with the same token. */
export const live = createLive(options);

function list<T>(http: Http, path: string, filter: object, { limit, cursor, signal }: Paging = {}) {
  return http.json<t.Page<T>>(path, { query: { ...filter, limit, cursor }, signal });
}

function products(http: Http) {
  const root = "admin/v1/products";
  const at = (id: t.Id, act = "") => `${root}/${encodeURIComponent(id)}${act && `/${act}`}`;
  const act = (id: t.Id, name: string, body?: unknown) => http.json<t.Product>(at(id, name), { method: "POST", body });
  return {
    products: (paging?: Paging) => list<t.Product>(http, root, {}, paging),
    product: (id: t.Id, signal?: AbortSignal) => http.json<t.Product>(at(id), { signal }),
    createProduct: (body: t.NewProduct) => http.json<t.Product>(root, { method: "POST", body }),
    changeProduct: (id: t.Id, body: t.ProductChange) => http.json<t.Product>(at(id), { method: "PUT", body }),
    deleteProduct: async (id: t.Id) => void (await http.send(at(id), { method: "DELETE" })),
    pause: (id: t.Id) => act(id, "pause"),
    resume: (id: t.Id) => act(id, "resume"),
    end: (id: t.Id) => act(id, "end"),
    /** Adds delta units, or withdraws them when it is negative. */
    restock: (id: t.Id, delta: number, note: string) => act(id, "stock", { delta, note }),
    books: (id: t.Id, signal?: AbortSignal) => http.json<t.Books>(at(id, "books"), { signal }),
    /** What a repair would correct, in difference; changes nothing. */
    dryRepairBooks: (id: t.Id, signal?: AbortSignal) =>
      http.json<t.Books>(at(id, "books/repair"), { method: "POST", query: { dryRun: true }, signal }),
    /** Corrects what Redis has left by the drift, and answers the books afterwards. */
    repairBooks: (id: t.Id) => http.json<t.Books>(at(id, "books/repair"), { method: "POST" }),
    summary: (id: t.Id, signal?: AbortSignal) =>
      http.json<t.Summary>(`api/v1/products/${encodeURIComponent(id)}/summary`, { signal }),
  };
}

function attempts(http: Http) {
  const orders = "admin/v1/orders";
  return {
    logs: (filter: t.LogFilter, paging?: Paging) => list<t.Log>(http, "admin/v1/logs", filter, paging),
    userResults: (user: t.Id, filter: { status?: t.LogStatus }, paging?: Paging) =>
      list<t.Log>(http, `api/v1/users/${encodeURIComponent(user)}/results`, filter, paging),
    result: (product: t.Id, user: t.Id, signal?: AbortSignal) =>
      http.json<t.Result>(`api/v1/products/${encodeURIComponent(product)}/users/${encodeURIComponent(user)}/result`, {
        signal,
      }),
    orders: (filter: t.OrderFilter, paging?: Paging) => list<t.Order>(http, orders, filter, paging),
    order: (id: t.Id, signal?: AbortSignal) =>
      http.json<t.Order>(`api/v1/orders/${encodeURIComponent(id)}`, { signal }),
    payOrder: (id: t.Id, paymentRef: string) =>
      http.json<t.Order>(`api/v1/orders/${encodeURIComponent(id)}/pay`, { method: "POST", body: { paymentRef } }),
    cancelOrder: (id: t.Id) => http.json<t.Order>(`api/v1/orders/${encodeURIComponent(id)}/cancel`, { method: "POST" }),
    /** All orders that match, as a file. */
    exportOrders: (filter: t.OrderFilter, format: ExportFormat, signal?: AbortSignal) =>
      file(http, `${orders}/export`, filter, format, signal),
  };
}

function letters(http: Http) {
  const root = "admin/v1/dead-letters";
  const at = (id: t.Id, act = "") => `${root}/${encodeURIComponent(id)}${act && `/${act}`}`;
  const post = <T>(path: string, body: unknown) => http.json<T>(path, { method: "POST", body });
  return {
    letters: (filter: t.LetterFilter, paging?: Paging) => list<t.Letter>(http, root, filter, paging),
    letterGroups: (filter: { productId?: t.Id }, signal?: AbortSignal) =>
      http.json<{ items: t.LetterGroup[] }>(`${root}/summary`, { query: filter, signal }),
    letter: (id: t.Id, signal?: AbortSignal) => http.json<t.LetterDetail>(at(id), { signal }),
    /** What a replay would do now; writes nothing. */
    previewLetter: (id: t.Id, fields: t.LetterCorrection, signal?: AbortSignal) =>
      http.json<t.LetterPreview>(at(id, "preview"), { method: "POST", body: { fields }, signal }),
    replayLetter: (id: t.Id, fields: t.LetterCorrection, note?: string) =>
      post<t.LetterDetail>(at(id, "replay"), { fields, note }),
    discardLetter: (id: t.Id, note: string) => post<t.LetterDetail>(at(id, "discard"), { note }),
    reopenLetter: (id: t.Id, note: string) => post<t.LetterDetail>(at(id, "reopen"), { note }),
    /** One call of a bulk act; while remaining is not 0, another goes on after nextId. */
    replayLetters: (choice: t.BulkChoice & { fields?: t.LetterCorrection; note?: string }) =>
      http.json<t.BulkReplay>(`${root}/replay`, { method: "POST", body: choice, timeout: bulkTimeout }),
    discardLetters: (choice: t.BulkChoice & { note: string }) =>
      http.json<t.BulkDiscard>(`${root}/discard`, { method: "POST", body: choice, timeout: bulkTimeout }),
  };
}

// A bulk act may take 10 s at the service, and answers what it has done.
const bulkTimeout = 35_000;

function operation(http: Http) {
  const streams = "admin/v1/streams";
  return {
    streams: (paging?: Paging) => list<t.Stream>(http, streams, {}, paging),
    stream: (id: t.Id, signal?: AbortSignal) => http.json<t.Stream>(`${streams}/${encodeURIComponent(id)}`, { signal }),
    pending: (id: t.Id, paging?: Paging) =>
      list<t.PendingEntry>(http, `${streams}/${encodeURIComponent(id)}/pending`, {}, paging),
    audit: (filter: t.AuditFilter, paging?: Paging) => list<t.AuditEntry>(http, "admin/v1/audit", filter, paging),
    exportAudit: (filter: t.AuditFilter, signal?: AbortSignal) =>
      file(http, "admin/v1/audit", filter, "ndjson", signal),
    /** The checks of a product's sale, or, without one, those that are about no product. */
    preflight: (productId?: t.Id, signal?: AbortSignal) =>
      http.json<t.Preflight>("admin/v1/preflight", { query: { productId }, signal }),
    runbooks: (lang: string, signal?: AbortSignal) =>
      http.json<{ items: t.RunbookTitle[] }>("admin/v1/runbooks", { query: { lang }, signal }),
    /** A runbook's Markdown. */
    runbook: (name: string, lang: string, signal?: AbortSignal) =>
      http.text(`admin/v1/runbooks/${encodeURIComponent(name)}`, { query: { lang }, accept: "text/markdown", signal }),
  };
}

const mediaTypes = { ndjson: "application/x-ndjson", csv: "text/csv" };

async function file(
  http: Http,
  path: string,
  filter: object,
  format: ExportFormat,
  signal?: AbortSignal,
): Promise<Blob> {
  const response = await http.send(path, { query: filter, accept: mediaTypes[format], signal, timeout: 0 });
  return response.blob();
}
