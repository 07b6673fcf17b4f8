// What the service answers, as openapi.json has it, with IDs as texts (json.ts). Times are
// RFC 3339 in UTC; what is absent is left out.

import type { Id, Json } from "./json";

export type { Id, Json };

/** A moment, RFC 3339 in UTC with six digits of a second. */
export type Time = string;

export interface Page<T> {
  items: T[];
  /** Cursor of the next page; empty at the end. */
  nextCursor: string;
}

export interface Session {
  subject: string;
  role: "bff" | "viewer" | "operator";
  expiresAt: Time;
  /** The actions that the service allows, such as product.pause. */
  allowed: string[];
}

export type ProductStatus = "ACTIVE" | "PAUSED" | "ENDED";
export type ProductMode = "RECORD" | "SETTLE";

export interface Product {
  productId: Id;
  /** Empty of a product that the configuration brought. */
  name: string;
  status: ProductStatus;
  mode: ProductMode;
  stockTotal?: number;
  stockLeft?: number;
  /** Most live orders of one user; 0 = no limit. */
  perUserLimit: number;
  startsAt?: Time;
  endsAt?: Time;
  paymentWindowSeconds?: number;
  createdAt: Time;
  updatedAt: Time;
}

export interface NewProduct {
  productId: Id;
  name: string;
  stockTotal?: number;
  perUserLimit?: number;
  startsAt?: Time;
  endsAt?: Time;
  paymentWindowSeconds?: number;
}

/** The fields to change; a time that is null is taken away. */
export interface ProductChange {
  name?: string;
  stockTotal?: number;
  perUserLimit?: number;
  startsAt?: Time | null;
  endsAt?: Time | null;
  paymentWindowSeconds?: number;
}

export type LogStatus = "PROCESSING" | "SUCCESS" | "FAILED";
export type OrderStatus = "PENDING_PAYMENT" | "PAID" | "CONFIRMED" | "CANCELLED" | "EXPIRED";

export interface Books {
  productId: Id;
  stockTotal?: number;
  stockLeft?: number;
  liveOrders: number;
  ordersByStatus: Partial<Record<OrderStatus, number>>;
  logsByStatus: Partial<Record<LogStatus, number>>;
  redisLeft?: number;
  inFlight?: number;
  pendingMoves?: number;
  drift: number;
  balanced: boolean;
  /** Only in the answer to a repair: what it has added to redisLeft, or would add. */
  difference?: number;
}

export interface Consumer {
  name: string;
  pending: number;
  idleMs: number;
}

export interface Stream {
  productId: Id;
  stream: string;
  group: string;
  length: number;
  /** Left out when Redis cannot say. */
  lag?: number;
  pending: number;
  oldestPendingMs?: number;
  lastDeliveredId?: string;
  entriesPerSecond: number;
  consumers: Consumer[];
}

export interface PendingEntry {
  streamId: string;
  consumer: string;
  idleMs: number;
  deliveries: number;
}

/** One attempt: one entry of a product's stream. */
export interface Log {
  productId: Id;
  userId: Id;
  streamId: string;
  status: LogStatus;
  reason?: string;
  requestId?: string;
  eventAt?: Time;
  createdAt: Time;
  updatedAt: Time;
}

export interface LogFilter {
  productId?: Id;
  userId?: Id;
  status?: LogStatus;
  streamId?: string;
  /** To be given with userId, streamId or from: all attempts of a time are read for it. */
  requestId?: string;
  from?: Time;
  to?: Time;
  order?: "asc" | "desc";
}

export interface Order {
  orderId: Id;
  productId: Id;
  userId: Id;
  streamId: string;
  status: OrderStatus;
  expiresAt?: Time;
  paidAt?: Time;
  paymentRef?: string;
  createdAt: Time;
  updatedAt: Time;
}

export interface OrderFilter {
  orderId?: Id;
  productId?: Id;
  userId?: Id;
  status?: OrderStatus;
  streamId?: string;
  paymentRef?: string;
  from?: Time;
  to?: Time;
}

/** The attempt that holds a user's live order, else the user's latest attempt. */
export interface Result {
  productId: Id;
  userId: Id;
  streamId: string;
  status: LogStatus;
  reason?: string;
  order?: { orderId: Id; status: OrderStatus; expiresAt?: Time };
  createdAt: Time;
  updatedAt: Time;
  pollAfterMs: number;
}

export interface Summary {
  productId: Id;
  processing: number;
  success: number;
  failed: number;
  failedByReason: Record<string, number>;
  stockTotal?: number;
  stockLeft?: number;
}

export type LetterStatus = "OPEN" | "REPLAYED" | "DISCARDED";
export type LetterReason =
  | "INVALID_UID"
  | "INVALID_TS"
  | "INVALID_RID"
  | "STREAM_ID_REUSED"
  | "TOO_MANY_DELIVERIES"
  | "REJECTED_BY_DATABASE";

/** A field of an entry; bytes that are no text are given in base64. */
export type LetterField = string | { base64: string };
export type LetterFields = Record<string, LetterField>;
/** Fields to replace, by name; null removes one. */
export type LetterCorrection = Record<string, LetterField | null>;

export interface Letter {
  id: Id;
  productId: Id;
  streamId: string;
  fields: LetterFields;
  reason: LetterReason;
  deliveries: number;
  status: LetterStatus;
  fingerprint: string;
  createdAt: Time;
  updatedAt: Time;
}

export interface LetterAct {
  actor: string;
  action: "dead_letter.replay" | "dead_letter.discard" | "dead_letter.reopen";
  at: Time;
  note?: string;
  before?: LetterFields;
  after?: LetterFields;
}

export interface LetterDetail extends Letter {
  history: LetterAct[];
  outcome?: { streamId?: string; log?: Log; order?: Order };
}

export interface LetterFilter {
  productId?: Id;
  reason?: LetterReason;
  status?: LetterStatus;
  streamId?: string;
  from?: Time;
  to?: Time;
}

export interface LetterGroup {
  productId: Id;
  reason: LetterReason;
  open: number;
  replayed: number;
  discarded: number;
  oldestOpenAt?: Time;
  newestAt: Time;
  sampleIds: Id[];
}

export interface LetterPreview {
  valid: boolean;
  reason?: string;
  fields: LetterFields;
  decision?: { status: LogStatus; reason?: string };
}

/** Which open letters a bulk act means: all of a product, of a reason, or both. */
export interface BulkChoice {
  productId?: Id;
  reason?: LetterReason;
  /** 1 to 1000. */
  limit: number;
  /** nextId of the call before. */
  afterId?: Id;
}

export interface BulkReplay {
  matched: number;
  replayed: number;
  stillBad: number;
  remaining: number;
  nextId: Id;
}

export interface BulkDiscard {
  matched: number;
  discarded: number;
  remaining: number;
  nextId: Id;
}

export interface AuditEntry {
  id: Id;
  actor: string;
  action: string;
  target: string;
  detail: Record<string, Json>;
  createdAt: Time;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: string;
  from?: Time;
  to?: Time;
}

export type CheckArea = "redis" | "postgres" | "service" | "product";
export type CheckLevel = "ok" | "warn" | "fail" | "skipped";

export interface Check {
  code: string;
  area: CheckArea;
  level: CheckLevel;
  name: string;
  observed: string;
  expected: string;
  impact: string;
  action?: string;
  runbook: string;
  message: string;
}

export interface Preflight {
  go: boolean;
  productId?: Id;
  startsAt?: Time;
  ranAt: Time;
  tookMs: number;
  checks: Check[];
}

export interface RunbookTitle {
  name: string;
  title: string;
  kind: "alert" | "check";
}

/** One complete second of a sale, all replicas together. */
export interface Second {
  /** Its start, Unix seconds. */
  at: number;
  /** By outcome; zeros are left out. */
  attempts: Record<string, number>;
  /** Logs committed in it; zeros are left out. */
  results: Partial<Record<LogStatus, number>>;
  /** Arrival to commit, of the entries committed in it. */
  p50Ms?: number;
  p99Ms?: number;
}

export type Server = "redis" | "postgres";

/** A product at one moment. What could not be looked at is left out, never old. */
export interface Sample {
  at: Time;
  productId: Id;
  name: string;
  status?: ProductStatus;
  mode?: ProductMode;
  startsAt?: Time;
  endsAt?: Time;
  stockTotal?: number;
  perUserLimit?: number;
  paymentWindowSeconds?: number;
  gate?: "open" | "closed" | "none";
  stockLeft?: number;
  redisLeft?: number;
  inFlight?: number;
  pendingMoves?: number;
  sold?: number;
  liveOrders?: number;
  drift?: number;
  balanced?: boolean;
  ordersByStatus?: Partial<Record<OrderStatus, number>>;
  lag?: number;
  pending?: number;
  oldestPendingMs?: number;
  delayMs?: number;
  consumers?: number;
  deadLettersOpen?: number;
  preflight?: "ready" | "not_ready";
  alarms: string[];
  missing: Server[];
  /** The seconds that became complete since the sample before; not in an overview. */
  seconds?: Second[];
}

export interface Replica {
  name: string;
  ready: boolean;
  version: string;
}

/** All sales at one moment. */
export interface Overview {
  at: Time;
  /** Left out while they are not known. */
  replicas?: Replica[];
  missing: Server[];
  products: Sample[];
}

/** What is known of the last 15 minutes, oldest first. */
export interface History {
  seconds: Second[];
  samples: Sample[];
}
