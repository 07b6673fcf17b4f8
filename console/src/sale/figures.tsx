import { t } from "../i18n";
import { ticking } from "../lib/clock";
import { decimal, duration, number, timeOf } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import { project } from "../lib/projection";
import { rate } from "../lib/series";
import type { Sample } from "../lib/types";
import { Stat } from "../ui";
import { soldOut } from "./state";

/** averaged is over how many complete seconds a rate is taken. */
const averaged = 3;

/** Figures are the numbers of a sale as they stand. */
export function Figures({ feed }: { feed: ProductFeed }) {
  const sample = feed.latest.value;
  if (!sample) return null;
  return (
    <section class={feed.stale.value ? "stats figures stale" : "stats figures"} aria-label={t().sale.figures}>
      {sample.mode === "SETTLE" && <Stock sample={sample} feed={feed} />}
      <Flow sample={sample} feed={feed} />
    </section>
  );
}

function Stock({ sample, feed }: { sample: Sample; feed: ProductFeed }) {
  const { sale } = t();
  const { stockTotal, stockLeft, redisLeft, gate, status, inFlight, drift, balanced } = sample;
  const shut = gate === "closed" && status === "ACTIVE";
  return (
    <>
      <Stat
        name={sale.gateLeft}
        value={number(redisLeft)}
        tone={shut ? "warn" : undefined}
        note={shut ? sale.gateShut : undefined}
      />
      <Stat name={sale.databaseLeft} value={number(stockLeft)} note={`${sale.total}: ${number(stockTotal)}`} />
      <Stat name={sale.sold} value={number(sample.sold)} note={`${sale.inFlight}: ${number(inFlight)}`} />
      <Projected sample={sample} feed={feed} />
      <Stat
        name={sale.drift}
        value={number(drift)}
        tone={balanced === false && drift !== 0 ? "bad" : undefined}
        note={balanced === undefined ? undefined : balanced ? sale.balanced : sale.notBalanced}
      />
    </>
  );
}

function Projected({ sample, feed }: { sample: Sample; feed: ProductFeed }) {
  const { sale } = t();
  void feed.revision.value;
  if (soldOut(sample)) return <Stat name={sale.soldOutAt} value={sale.soldOut} />;
  const projected = feed.stale.value ? undefined : project(feed.track.samples);
  if (!projected) return <Stat name={sale.soldOutAt} value={number(undefined)} note={sale.noProjection} />;
  const pace = sale.soldOutPace(decimal(projected.perSecond));
  if (sample.endsAt && Date.parse(sample.endsAt) <= projected.at) {
    return <Stat name={sale.soldOutAt} value={sale.notBeforeEnd} note={pace} />;
  }
  const left = Math.max(0, projected.at - ticking.value);
  return (
    <Stat
      name={sale.soldOutAt}
      value={timeOf(projected.at)}
      note={`${sale.soldOutIn(duration(Math.round(left / 1000) * 1000))}, ${pace}`}
    />
  );
}

function Flow({ sample, feed }: { sample: Sample; feed: ProductFeed }) {
  const { sale } = t();
  void feed.revision.value;
  const { seconds } = feed.track;
  const { p50Ms, p99Ms } = seconds.last ?? {};
  const letters = sample.deadLettersOpen;
  return (
    <>
      <Stat name={sale.attemptRate} value={decimal(rate(seconds, "attempts", averaged))} />
      <Stat name={sale.settledRate} value={decimal(rate(seconds, "results", averaged))} />
      <Stat
        name={sale.p99}
        value={duration(p99Ms)}
        note={p50Ms === undefined ? undefined : sale.p50Note(duration(p50Ms))}
      />
      <Stat
        name={sale.waiting}
        value={number(sample.lag)}
        note={sample.pending === undefined ? undefined : sale.waitingNote(number(sample.pending))}
      />
      <Stat name={sale.letters} value={number(letters)} tone={letters ? "warn" : undefined} />
    </>
  );
}
