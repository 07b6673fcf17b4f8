import { t } from "../i18n";
import { decimal, duration, number } from "../lib/format";
import { hrefOf } from "../lib/router";
import type { Sample } from "../lib/types";
import { Badge } from "../ui";
import { Countdown, nameOf, StateBadge, StockBar } from "./bits";

/** SaleCard is a sale on the page of all sales. pace is how many units are sold each second. */
export function SaleCard({ sample, pace }: { sample: Sample; pace: number | undefined }) {
  const { sales } = t();
  const record = sample.mode === "RECORD";
  return (
    <article class={`card sale-card ${sample.alarms.length > 0 ? "alarmed" : ""}`}>
      <header>
        <div>
          <h2>
            <a href={hrefOf(["sales", sample.productId])}>{nameOf(sample)}</a>
          </h2>
          <span class="muted small">{sales.number(sample.productId)}</span>
        </div>
        <StateBadge sample={sample} />
      </header>
      {record ? <p class="muted record">{sales.recordOnly}</p> : <StockBar sample={sample} />}
      <dl class="facts">
        {!record && <Fact name={sales.pace} value={decimal(pace)} />}
        <Fact name={sales.delay} value={duration(sample.delayMs)} />
        <Fact name={sales.backlog} value={number(waiting(sample))} />
      </dl>
      <footer class="row">
        <Countdown sale={sample} />
        <Marks sample={sample} />
      </footer>
    </article>
  );
}

/** waiting are the entries that are not settled yet. */
function waiting({ lag, pending }: Sample): number | undefined {
  return lag === undefined || pending === undefined ? undefined : lag + pending;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Marks({ sample }: { sample: Sample }) {
  const { sales } = t();
  const count = sample.alarms.length;
  return (
    <span class="row end">
      {sample.gate === "closed" && sample.status === "ACTIVE" && <Badge tone="warn">{sales.gateClosed}</Badge>}
      {sample.preflight === "ready" && <Badge tone="ok">{sales.ready}</Badge>}
      {sample.preflight === "not_ready" && <Badge tone="bad">{sales.notReady}</Badge>}
      {count > 0 && <Badge tone="bad">{sales.alarms(number(count), count === 1)}</Badge>}
    </span>
  );
}
