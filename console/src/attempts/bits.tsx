// What the lists, an attempt and a dead letter have in common.

import { t } from "../i18n";
import type { Tone } from "../lib/announce";
import { hrefOf } from "../lib/router";
import type { Id, LogStatus, Order, OrderStatus } from "../lib/types";
import { Badge, type IconName, Time } from "../ui";
import { arrivalOf } from "./search";

const looks: Record<LogStatus | OrderStatus, { tone: Tone; icon?: IconName }> = {
  PROCESSING: { tone: "info", icon: "clock" },
  SUCCESS: { tone: "ok" },
  FAILED: { tone: "neutral", icon: "close" },
  PENDING_PAYMENT: { tone: "warn", icon: "clock" },
  PAID: { tone: "ok" },
  CONFIRMED: { tone: "ok" },
  CANCELLED: { tone: "neutral", icon: "close" },
  EXPIRED: { tone: "neutral", icon: "clock" },
};

/** StatusBadge says how an attempt or an order stands. */
export function StatusBadge({ status }: { status: LogStatus | OrderStatus }) {
  return <Badge {...looks[status]}>{t().attempts.statuses[status]}</Badge>;
}

/** hrefOfAttempt is the address of an attempt. */
export function hrefOfAttempt({ productId, streamId }: { productId: Id; streamId: string }): string {
  return hrefOf(["attempts", productId, streamId]);
}

/** UserLink leads to all attempts of a user. */
export function UserLink({ id }: { id: Id }) {
  return (
    <a class="mono" href={hrefOf(["attempts"], { q: id, by: "user" })}>
      {id}
    </a>
  );
}

/** SaleLink leads to a product's sale. */
export function SaleLink({ id }: { id: Id }) {
  return (
    <a class="mono" href={hrefOf(["sales", id])}>
      {id}
    </a>
  );
}

/** Arrival is when an entry arrived; the ID itself when that is no time. */
export function Arrival({ streamId }: { streamId: string }) {
  const at = arrivalOf(streamId);
  return at === undefined ? <span class="mono">{streamId}</span> : <Time at={at} />;
}

/** Payment says until when an order is to be paid, or when it was. */
export function Payment({ order: { status, expiresAt, paidAt, paymentRef } }: { order: Order }) {
  const { attempts } = t();
  if (paidAt) {
    return (
      <>
        <span class="muted">{attempts.paidAt}</span> <Time at={paidAt} /> <code>{paymentRef}</code>
      </>
    );
  }
  if (status !== "PENDING_PAYMENT" || !expiresAt) return null;
  return (
    <>
      <span class="muted">{attempts.payBy}</span> <Time at={expiresAt} />
    </>
  );
}
