import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { announce, toast } from "../lib/announce";
import { api } from "../lib/api";
import { serverNow } from "../lib/clock";
import { utcOf, zone } from "../lib/format";
import { momentOfLocal } from "../lib/local_time";
import { go, hrefOf } from "../lib/router";
import type { Product } from "../lib/types";
import { nameOf } from "../sale/bits";
import { stateOf } from "../sale/state";
import { Button, Card, Choice, PageHead, TextField } from "../ui";
import { changeOf, changesOf, type Draft, type DraftField, draftOf, type Fault, faultsOf, newProduct } from "./draft";
import { Review } from "./review";

/** ProductForm registers a product, or changes one that there is; both are reviewed before they are saved. */
export function ProductForm({ before }: { before?: Product }) {
  const { product: texts, common } = t();
  const [draft, setDraft] = useState<Draft>(() => draftOf(before));
  const [tried, setTried] = useState(0);
  const [reviewing, setReviewing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const faults = faultsOf(draft, before);
  const wrong = Object.keys(faults).length;
  const changes = wrong === 0 ? changesOf(draft, before) : [];
  const back = before ? ["products", before.productId] : ["products"];
  const title = before ? texts.changeTitle(nameOf(before)) : texts.add;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each try leads to the first field that is wrong
  useEffect(() => {
    if (tried > 0 && wrong > 0) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [tried]);
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(tried + 1);
    if (wrong > 0) announce(texts.wrongFields(wrong));
    else if (changes.length === 0) toast("info", texts.nothingChanged);
    else setReviewing(true);
  };
  const save = async () => {
    const saved = await (before
      ? api.changeProduct(before.productId, changeOf(changes))
      : api.createProduct(newProduct(draft)));
    toast("ok", before ? texts.changed(nameOf(saved)) : texts.registered(nameOf(saved)));
    go(["products", saved.productId]);
  };
  const live = before && stateOf(before, serverNow()) === "on";
  return (
    <div class="stack narrow">
      <PageHead
        title={title}
        lead={texts.formLead(zone())}
        up={{ href: hrefOf(back), text: before ? nameOf(before) : texts.title }}
      />
      <Card>
        <form ref={form} class="stack" noValidate onSubmit={submit}>
          <Fields
            draft={draft}
            before={before}
            faults={tried > 0 ? faults : {}}
            onChange={(part) => setDraft((now) => ({ ...now, ...part }))}
          />
          <div class="row">
            <Button type="submit" kind="primary" action={before ? "product.change" : "product.create"}>
              {texts.review}
            </Button>
            <a class="button quiet" href={hrefOf(back)}>
              {common.cancel}
            </a>
            {tried > 0 && wrong > 0 && <span class="wrong">{texts.wrongFields(wrong)}</span>}
          </div>
        </form>
      </Card>
      {reviewing && (
        <Review
          changes={changes}
          fresh={!before}
          live={live === true}
          save={save}
          onClose={() => setReviewing(false)}
        />
      )}
    </div>
  );
}

interface FieldsProps {
  draft: Draft;
  before: Product | undefined;
  faults: Partial<Record<DraftField, Fault>>;
  /** onChange takes what was changed; several fields may change at once, as when a browser fills them. */
  onChange(part: Partial<Draft>): void;
}

function Fields({ draft, before, faults, onChange }: FieldsProps) {
  const { product: texts } = t();
  const field = (name: DraftField, hint: string) => ({
    label: texts.fields[name],
    hint,
    error: faults[name] && texts.faults[faults[name]],
    value: draft[name],
    onValue: (value: string) => onChange({ [name]: value }),
    autocomplete: "off",
  });
  const whole = { inputMode: "numeric" } as const;
  const moment = (name: "startsAt" | "endsAt", none: string) => (
    <TextField {...field(name, utcHint(draft[name], none))} type="datetime-local" step={1} />
  );
  return (
    <>
      {!before && <TextField {...field("productId", texts.hints.productId)} {...whole} />}
      <TextField {...field("name", texts.hints.name)} />
      {before?.mode !== "SETTLE" && <ModeChoice draft={draft} onChange={onChange} />}
      {before?.mode === "SETTLE" && <p class="hint">{texts.hints.stockSet}</p>}
      {draft.settled && before?.mode !== "SETTLE" && (
        <TextField {...field("stockTotal", before ? texts.hints.stockOnce : texts.hints.stockTotal)} {...whole} />
      )}
      <div class="columns">
        {moment("startsAt", texts.always)}
        {moment("endsAt", texts.never)}
      </div>
      <div class="columns">
        <TextField {...field("perUserLimit", texts.hints.perUserLimit)} {...whole} />
        <TextField {...field("paymentWindowSeconds", texts.hints.paymentWindowSeconds)} {...whole} />
      </div>
    </>
  );
}

function utcHint(local: string, none: string): string {
  const at = momentOfLocal(local);
  return at ? t().common.utc(utcOf(at)) : none;
}

function ModeChoice({ draft, onChange }: Pick<FieldsProps, "draft" | "onChange">) {
  const { product: texts } = t();
  const mode = draft.settled ? "SETTLE" : "RECORD";
  return (
    <Choice
      label={texts.mode}
      hint={texts.modeHints[mode]}
      value={mode}
      options={[
        { value: "SETTLE", text: texts.modes.SETTLE },
        { value: "RECORD", text: texts.modes.RECORD },
      ]}
      onValue={(chosen) => onChange({ settled: chosen === "SETTLE" })}
    />
  );
}
