import { t } from "../i18n";
import { Badge, Button, TextField } from "../ui";
import { type FieldDraft, type FieldFault, fixedField, recoded } from "./draft";

/** FieldRow is one field of a letter: its value, whether that is a text or bytes, and taking it away. */
export function FieldRow(props: {
  field: FieldDraft;
  /** fixed says that nothing can be changed. */
  fixed: boolean;
  fault: FieldFault | undefined;
  changed: boolean;
  set(next: FieldDraft): void;
  /** drop takes away a row that was added. */
  drop(): void;
}) {
  const { field, fixed, fault, changed, set, drop } = props;
  const { letters } = t();
  const gates = field.name === fixedField && !field.added;
  if (fixed || gates) return <Shown field={field} hint={gates ? letters.fixed : undefined} />;
  const wrong = fault && letters.faults[fault];
  const label = field.added ? letters.value : field.name;
  return (
    <div class={`one ${field.added ? "added" : ""} ${field.removed ? "gone" : ""}`}>
      {field.added && (
        <TextField
          label={letters.newField}
          value={field.name}
          onValue={(name) => set({ ...field, name })}
          error={fault === "notBase64" ? undefined : wrong}
          autocomplete="off"
        />
      )}
      {field.removed ? (
        <p class="row">
          <code>{field.name}</code>
          <Badge tone="warn" icon="close">
            {letters.willGo}
          </Badge>
        </p>
      ) : (
        <TextField
          label={label}
          value={field.text}
          onValue={(text) => set({ ...field, text })}
          error={fault === "notBase64" ? wrong : undefined}
          hint={changed && !field.added ? letters.changed : undefined}
          autocomplete="off"
        />
      )}
      {field.removed ? <span /> : <Form field={field} set={set} />}
      <Button
        kind="quiet"
        icon={field.removed ? "back" : "close"}
        iconOnly
        onClick={field.added ? drop : () => set({ ...field, removed: !field.removed })}
      >
        {field.removed ? letters.restoreField(field.name) : letters.removeField(field.name)}
      </Button>
    </div>
  );
}

function Form({ field, set }: { field: FieldDraft; set(next: FieldDraft): void }) {
  const { letters } = t();
  const asText = recoded(field, false);
  return (
    <select
      aria-label={letters.formOf(field.name)}
      value={field.encoded ? "bytes" : "text"}
      onChange={(event) => set(recoded(field, event.currentTarget.value === "bytes") ?? field)}
    >
      {asText && <option value="text">{letters.text}</option>}
      <option value="bytes">{letters.bytes}</option>
    </select>
  );
}

function Shown({ field: { name, text, encoded }, hint }: { field: FieldDraft; hint?: string }) {
  const { letters } = t();
  return (
    <div class="shown">
      <p>
        <strong>{name}</strong> {encoded && <span class="muted small">{letters.bytes}</span>}
      </p>
      <code>{text || '""'}</code>
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}
