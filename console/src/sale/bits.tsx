// What the cards of sales and the page of a sale have in common.

import { t } from "../i18n";
import type { Tone } from "../lib/announce";
import { ticking } from "../lib/clock";
import { clock, number, percent } from "../lib/format";
import type { Sample } from "../lib/types";
import { Badge, type IconName } from "../ui";
import { nextTurn, type Sale, type SaleState, shareLeft, soldOut, stateOf } from "./state";

/** nameOf is what a sale is called. */
export function nameOf(sale: Pick<Sale, "productId" | "name">): string {
  return sale.name || t().sales.unnamed(sale.productId);
}

const looks: Record<SaleState, { tone: Tone; icon: IconName }> = {
  on: { tone: "ok", icon: "play" },
  soon: { tone: "info", icon: "clock" },
  paused: { tone: "warn", icon: "pause" },
  ended: { tone: "neutral", icon: "stop" },
};

/** StateBadge says how a sale stands. */
export function StateBadge({ sample }: { sample: Sale & Pick<Sample, "stockTotal" | "stockLeft"> }) {
  const { sales } = t();
  const state = stateOf(sample, ticking.value);
  if (state === "on" && soldOut(sample)) {
    return (
      <Badge tone="info" icon="check">
        {sales.soldOut}
      </Badge>
    );
  }
  return <Badge {...looks[state]}>{sales.states[state]}</Badge>;
}

/** Countdown is what a sale counts down to, by the service's clock. */
export function Countdown({ sale }: { sale: Sale }) {
  const { sales } = t();
  const now = ticking.value;
  const turn = nextTurn(sale, now);
  if (!turn) return <span class="muted">{stateOf(sale, now) === "ended" ? sales.over : sales.noEnd}</span>;
  return (
    <span class="countdown">
      <span class="muted">{turn.kind === "opens" ? sales.opensIn : sales.endsIn}</span> <b>{clock(turn.at - now)}</b>
    </span>
  );
}

/** StockBar shows how much of a sale's stock is left, and how much is on its way. */
export function StockBar({ sample }: { sample: Sample }) {
  const { sales } = t();
  const share = shareLeft(sample);
  const { stockTotal, stockLeft, inFlight } = sample;
  const flying = stockTotal && inFlight ? Math.min(share ?? 0, inFlight / stockTotal) : 0;
  const width = (part: number) => ({ inlineSize: `${(part * 100).toFixed(2)}%` });
  return (
    <div class="stock">
      <div class="stock-bar" role="img" aria-label={sales.stockLeft(percent(share))}>
        <span class="left" style={width((share ?? 0) - flying)} />
        <span class="flying" style={width(flying)} />
      </div>
      <p>
        <span class="muted">{sales.left}</span> <b>{sales.of(number(stockLeft), number(stockTotal))}</b>
        <span class="muted share">{percent(share)}</span>
      </p>
    </div>
  );
}
