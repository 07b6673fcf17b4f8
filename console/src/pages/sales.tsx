import { useMemo, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { live } from "../lib/api";
import { serverNow } from "../lib/clock";
import { number } from "../lib/format";
import { setQuery } from "../lib/router";
import type { Overview, Sample } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { SaleCard } from "../sale/card";
import { Pace } from "../sale/pace";
import { PastSales } from "../sale/past";
import { AsOf, Awaited, Standing } from "../sale/standing";
import { inOrder, keepPlaces, matches, saleStates, stateOf } from "../sale/state";
import { Badge, Button, Empty, PageHead, SelectField, TextField } from "../ui";
import type { PageProps } from ".";

/** Sales shows all sales as they stand, and those that have ended. */
export default function Sales({ query }: PageProps) {
  const { sales: texts } = t();
  const feed = useFeed(live.overview);
  const ended = query.state === "ended";
  return (
    <div class="stack">
      <PageHead title={texts.title} lead={texts.lead}>
        <a class="button" href="#/products/new">
          {texts.add}
        </a>
      </PageHead>
      <Standing feed={feed} />
      <Filters query={query} />
      {!ended && <Cards query={query} />}
      {(ended || !query.state) && <PastSales search={query.q ?? ""} />}
    </div>
  );
}

function Filters({ query }: { query: PageProps["query"] }) {
  const { sales: texts } = t();
  const states = [
    { value: "", text: texts.any },
    { value: "alarms", text: texts.alarmsOnly },
    ...saleStates.map((state) => ({ value: state as string, text: texts.states[state] })),
  ];
  return (
    <div class="filters">
      <TextField type="search" label={texts.search} value={query.q ?? ""} onValue={(q) => setQuery({ q })} />
      <SelectField
        label={texts.state}
        value={query.state ?? ""}
        options={states}
        onValue={(state) => setQuery({ state })}
      />
      <Replicas />
    </div>
  );
}

function Replicas() {
  const { sales: texts } = t();
  const replicas = live.overview.latest.value?.replicas;
  if (!replicas) return null;
  const ready = replicas.filter((replica) => replica.ready).length;
  const versions = new Set(replicas.map((replica) => replica.version));
  return (
    <div class="row end">
      <AsOf feed={live.overview} />
      {versions.size > 1 && <Badge tone="warn">{texts.versions}</Badge>}
      <Badge tone={ready === replicas.length && ready > 0 ? "ok" : "bad"}>
        {texts.replicas(number(ready), number(replicas.length))}
      </Badge>
    </div>
  );
}

function Cards({ query }: { query: PageProps["query"] }) {
  const overview = live.overview.latest.value;
  const pace = usePace(overview);
  const { held, holders } = useHeld();
  const shown = useRef<readonly string[]>([]);
  if (!overview) return <Awaited feed={live.overview} rows={6} />;
  const fitting = overview.products.filter((sample) => fits(sample, query));
  const wanted = inOrder(fitting, serverNow()).map((sample) => sample.productId);
  shown.current = keepPlaces(shown.current, wanted, held);
  const byId = new Map(fitting.map((sample) => [sample.productId, sample]));
  if (fitting.length === 0) return <NoCards any={overview.products.length > 0} />;
  return (
    <div class={live.overview.stale.value ? "grid stale" : "grid"} {...holders}>
      {shown.current.map((id) => {
        const sample = byId.get(id);
        return sample && <SaleCard key={id} sample={sample} pace={pace.perSecond(id)} />;
      })}
    </div>
  );
}

function fits(sample: Sample, { q, state }: PageProps["query"]): boolean {
  if (!matches(sample, q ?? "")) return false;
  if (state === "alarms") return sample.alarms.length > 0;
  return !state || stateOf(sample, serverNow()) === state;
}

function NoCards({ any }: { any: boolean }) {
  const { sales: texts } = t();
  if (any) {
    return (
      <Empty icon="attempts" title={texts.nothingFound}>
        <Button onClick={() => setQuery({ q: undefined, state: undefined })}>{texts.clear}</Button>
      </Empty>
    );
  }
  return (
    <Empty icon="sales" title={texts.none}>
      <p>{texts.noneText}</p>
    </Empty>
  );
}

function usePace(overview: Overview | undefined): Pace {
  const pace = useMemo(() => new Pace(), []);
  if (overview) pace.note(overview);
  return pace;
}

// Whether the pointer, or the focus, is on the cards: then none of them moves.
function useHeld() {
  const [pointer, setPointer] = useState(false);
  const [focus, setFocus] = useState(false);
  const holders = {
    onPointerEnter: () => setPointer(true),
    onPointerLeave: () => setPointer(false),
    onFocusIn: () => setFocus(true),
    onFocusOut: () => setFocus(false),
  };
  return { held: pointer || focus, holders };
}
