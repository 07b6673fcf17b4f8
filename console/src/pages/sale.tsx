import { useComputed, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { announce } from "../lib/announce";
import { live } from "../lib/api";
import { serverNow } from "../lib/clock";
import { duration, listOf, number } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import { hrefOf } from "../lib/router";
import { type Titles, useRunbookTitles } from "../lib/runbooks";
import type { Sample } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { isMissing, NoSuchProduct } from "../product/missing";
import { ActBar } from "../sale/acts";
import { Countdown, nameOf, StateBadge } from "../sale/bits";
import { SaleCharts } from "../sale/charts";
import { Figures } from "../sale/figures";
import { SaleLinks } from "../sale/links";
import { MarkList, useMarks } from "../sale/mark_list";
import { AsOf, Awaited, Standing } from "../sale/standing";
import { stateOf } from "../sale/state";
import { Card, KeyValues, Notice, PageHead, Time } from "../ui";
import type { PageProps } from ".";

/** Sale shows one sale, second by second, and what can be done to it. */
export default function Sale({ args, query }: PageProps) {
  const id = args[0] ?? "";
  return <OneSale key={id} id={id} wide={query.window === "15m"} />;
}

function OneSale({ id, wide }: { id: string; wide: boolean }) {
  const texts = t();
  const feed = useFeed(live.product(id));
  const name = useComputed(() => feed.latest.value?.name ?? "").value || texts.sales.unnamed(id);
  const known = useComputed(() => feed.latest.value !== undefined).value;
  const marks = useMarks(id, feed);
  const title = useRunbookTitles();
  useChangesAnnounced(feed, title);
  if (isMissing(feed.error.value)) return <NoSuchProduct />;
  return (
    <div class="stack">
      <PageHead title={name} lead={<Lead id={id} feed={feed} />} up={{ href: "#/sales", text: texts.sale.up }}>
        <ActBar id={id} feed={feed} onDone={marks.refresh} />
      </PageHead>
      <Standing feed={feed} />
      <Alarms feed={feed} title={title} />
      {known ? (
        <>
          <Figures feed={feed} />
          <SaleCharts feed={feed} marks={marks.marks} wide={wide} />
        </>
      ) : (
        <Awaited feed={feed} rows={10} />
      )}
      <div class="columns">
        <MarkList id={id} marks={marks.marks} />
        <Card title={texts.sale.links}>
          <div class="stack">
            <Facts feed={feed} />
            <SaleLinks id={id} of="sales" />
          </div>
        </Card>
      </div>
    </div>
  );
}

function Lead({ id, feed }: { id: string; feed: ProductFeed }) {
  const sample = feed.latest.value;
  return (
    <span class="sale-head">
      <span>{t().sales.number(id)}</span>
      {sample && <StateBadge sample={sample} />}
      {sample && <Countdown sale={sample} />}
      <AsOf feed={feed} />
    </span>
  );
}

function Alarms({ feed, title }: { feed: ProductFeed; title: Titles }) {
  const sample = feed.latest.value;
  const alarms = sample?.alarms ?? [];
  if (alarms.length === 0) return null;
  return (
    <Notice tone="bad" title={t().sale.alarm}>
      <ul class="links">
        {alarms.map((alarm) => (
          <li key={alarm}>
            <a href={hrefOf(["runbooks", alarm])}>{title(alarm)}</a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Facts({ feed }: { feed: ProductFeed }) {
  const { facts, consumers } = t().sale;
  const sample = feed.latest.value;
  if (!sample) return null;
  const { startsAt, endsAt, perUserLimit, paymentWindowSeconds } = sample;
  const moment = (at: string | undefined) => (at ? <Time at={at} /> : facts.none);
  return (
    <KeyValues
      items={[
        [facts.starts, moment(startsAt)],
        [facts.ends, moment(endsAt)],
        sample.mode === "SETTLE" ? [facts.limit, perUserLimit === 0 ? facts.noLimit : number(perUserLimit)] : undefined,
        sample.mode === "SETTLE"
          ? [facts.payment, paymentWindowSeconds ? duration(paymentWindowSeconds * 1000) : facts.noPayment]
          : undefined,
        [consumers, number(sample.consumers)],
      ]}
    />
  );
}

// Tells a screen reader when the state changes and when an alarm begins, and nothing else.
function useChangesAnnounced(feed: ProductFeed, title: Titles) {
  const titles = useRef(title);
  titles.current = title;
  const before = useRef<Reported | undefined>(undefined);
  useSignalEffect(() => {
    const sample = feed.latest.value;
    if (!sample) return;
    const now = { state: stateOf(sample, serverNow()), alarms: sample.alarms };
    const was = before.current;
    before.current = now;
    if (was) announceChange(sample, was, now, titles.current);
  });
}

type Reported = { state: string; alarms: readonly string[] };

function announceChange(sample: Sample, was: Reported, now: Reported, title: Titles): void {
  const { sale } = t();
  const name = nameOf(sample);
  const states: Record<string, string> = {
    on: sale.nowOn(name),
    soon: sale.nowSoon(name),
    paused: sale.nowPaused(name),
    ended: sale.nowEnded(name),
  };
  const fresh = now.alarms.filter((alarm) => !was.alarms.includes(alarm));
  if (now.state !== was.state) announce(states[now.state] ?? "");
  if (fresh.length > 0) announce(sale.nowAlarm(listOf(fresh.map(title))));
}
