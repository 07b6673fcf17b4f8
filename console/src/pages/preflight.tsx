import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { announce } from "../lib/announce";
import { api } from "../lib/api";
import { everything } from "../lib/everything";
import { duration, number } from "../lib/format";
import { useResource } from "../lib/resource";
import { go, type Query, setQuery } from "../lib/router";
import type { Preflight as Report } from "../lib/types";
import { CheckItem, LevelBadge, toneOf } from "../preflight/check";
import { countsOf, type Group, groupsOf, levels } from "../preflight/groups";
import { isMissing } from "../product/missing";
import { nameOf } from "../sale/bits";
import { Badge, Button, Card, Choice, Empty, Loaded, PageHead, SelectField, Time } from "../ui";
import type { PageProps } from ".";

/** Preflight checks what a sale will stand on; the address says of which product. */
export default function Preflight({ args, query }: PageProps) {
  const { preflight, product } = t();
  const id = args[0] ?? "";
  const report = useResource(`preflight/${id}`, (signal) => api.preflight(id || undefined, signal));
  useEffect(() => {
    if (report.data) announce(spoken(report.data));
  }, [report.data]);
  return (
    <div class="stack">
      <PageHead title={preflight.title} lead={preflight.lead}>
        <Button kind="primary" icon="refresh" busy={report.loading} onClick={report.refresh}>
          {preflight.again}
        </Button>
      </PageHead>
      <Filters id={id} query={query} />
      {isMissing(report.error) ? (
        <Empty icon="product" title={product.noSuch}>
          <p>{product.noSuchText}</p>
        </Empty>
      ) : (
        <Loaded of={report} rows={10}>
          {(data) => <Checks report={data} problems={query.show === "problems"} />}
        </Loaded>
      )}
    </div>
  );
}

function spoken(report: Report): string {
  const { preflight } = t();
  return report.go ? preflight.nowGo : preflight.nowNoGo(number(countsOf(report.checks).fail));
}

function Filters({ id, query }: { id: string; query: Query }) {
  const { preflight, common } = t();
  const products = useResource("products", (signal) => everything((p) => api.products(p), signal));
  const known = (products.data ?? []).map((p) => ({ value: p.productId, text: `${nameOf(p)} · ${p.productId}` }));
  const chosen = id && !known.some(({ value }) => value === id) ? [{ value: id, text: id }] : [];
  const show = query.show === "problems" ? "problems" : "all";
  return (
    <div class="filters">
      <SelectField
        label={common.product}
        value={id}
        options={[{ value: "", text: preflight.noProduct }, ...chosen, ...known]}
        onValue={(value) => go(value ? ["preflight", value] : ["preflight"], { show: query.show })}
      />
      <Choice
        label={preflight.show}
        value={show}
        options={[
          { value: "all", text: preflight.all },
          { value: "problems", text: preflight.problems },
        ]}
        onValue={(value) => setQuery({ show: value === "all" ? undefined : value })}
      />
    </div>
  );
}

function Checks({ report, problems }: { report: Report; problems: boolean }) {
  const { preflight } = t();
  const groups = groupsOf(report.checks, problems);
  return (
    <>
      <Verdict report={report} />
      {groups.length === 0 && (
        <Empty icon="check" title={preflight.allWell}>
          <p>{preflight.allWellText}</p>
        </Empty>
      )}
      {groups.map((group) => (
        <AreaCard key={group.area} group={group} />
      ))}
    </>
  );
}

function Verdict({ report }: { report: Report }) {
  const { preflight } = t();
  const counts = countsOf(report.checks);
  return (
    <section class={`card verdict ${report.go ? "ok" : "bad"}`}>
      <p class="figure">
        <span class="value">{report.go ? preflight.go : preflight.noGo}</span>
      </p>
      <div class="stack">
        <p>{report.go ? preflight.goText : preflight.noGoText}</p>
        <p class="row">
          {levels.map(
            (level) =>
              counts[level] > 0 && (
                <Badge key={level} tone={toneOf[level]}>
                  {level === "warn"
                    ? preflight.counts.warn(counts.warn)
                    : preflight.counts[level](number(counts[level]))}
                </Badge>
              ),
          )}
        </p>
        <p class="muted small">
          {preflight.ran} <Time at={report.ranAt} /> {preflight.took(duration(report.tookMs))}
          {report.startsAt && (
            <>
              {" · "}
              {preflight.starts} <Time at={report.startsAt} />
            </>
          )}
        </p>
      </div>
    </section>
  );
}

function AreaCard({ group: { area, checks, counts } }: { group: Group }) {
  const { preflight } = t();
  const worst = levels.find((level) => counts[level] > 0) ?? "ok";
  return (
    <Card title={preflight.areas[area]} aside={<LevelBadge level={worst} />} flush>
      <ul class="checks">
        {checks.map((check) => (
          <CheckItem key={check.code} check={check} />
        ))}
      </ul>
    </Card>
  );
}
