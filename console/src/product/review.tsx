import { t } from "../i18n";
import { dash, duration, number } from "../lib/format";
import { Confirm, Notice, Table } from "../ui";
import type { Change, DraftField, Value } from "./draft";
import { Zoned } from "./zoned";

/** Review shows what saving would change, field by field, and saves it. */
export function Review(props: {
  changes: readonly Change[];
  fresh: boolean;
  live: boolean;
  save(): Promise<void>;
  onClose(): void;
}) {
  const { changes, fresh, live, save, onClose } = props;
  const { product: texts, common } = t();
  return (
    <Confirm title={texts.reviewTitle} act={fresh ? texts.register : common.save} wide run={save} onClose={onClose}>
      {live && <Notice tone="warn" title={texts.reviewLive} />}
      <p class="muted">{fresh ? texts.reviewNew : texts.reviewChange}</p>
      <Table
        caption={texts.reviewTitle}
        head={fresh ? [texts.field, texts.after] : [texts.field, texts.before, texts.after]}
      >
        {changes.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">{texts.fields[field]}</th>
            {!fresh && (
              <td>
                <del>
                  <Shown field={field} value={before} />
                </del>
              </td>
            )}
            <td>
              <ins>
                <Shown field={field} value={after} />
              </ins>
            </td>
          </tr>
        ))}
      </Table>
    </Confirm>
  );
}

function Shown({ field, value }: { field: DraftField; value: Value }) {
  const { product: texts } = t();
  if (field === "startsAt" || field === "endsAt") return value ? <Zoned at={value} /> : texts.noTime;
  if (field === "perUserLimit" && value === 0) return texts.noLimit;
  if (field === "paymentWindowSeconds") return value ? duration(Number(value) * 1000) : texts.noPayment;
  return typeof value === "number" ? number(value) : value || dash;
}
