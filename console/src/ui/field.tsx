import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

/** FieldProps are what every field has. */
export interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** error says what is wrong with the value. */
  error?: string;
}

interface Described extends FieldProps {
  children(attributes: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": "true" | undefined;
  }): ComponentChildren;
}

/** Field is a label, a control, a hint and what is wrong, tied together. */
export function Field({ label, hint, error, children }: Described) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="wrong" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** TextFieldProps are what a line of text may be given. */
export interface TextFieldProps extends FieldProps {
  value: string;
  /** onValue hears of every change. */
  onValue(value: string): void;
  type?: "text" | "search" | "password" | "datetime-local";
  inputMode?: "text" | "numeric" | "decimal";
  placeholder?: string;
  autocomplete?: string;
  required?: boolean;
  autofocus?: boolean;
  /** step is of a moment, in seconds. */
  step?: number;
}

/** TextField is a line of text. */
export function TextField({ label, hint, error, value, onValue, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          {...({ ...rest, ...attributes } as JSX.IntrinsicElements["input"])}
          value={value}
          spellcheck={false}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** SelectField is a choice of one. */
export function SelectField<T extends string>(
  props: FieldProps & {
    value: T;
    options: readonly { value: T; text: string }[];
    onValue(value: T): void;
  },
) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(attributes) => (
        <select {...attributes} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value as T)}>
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** CheckField is yes or no. */
export function CheckField(props: { label: string; hint?: string; checked: boolean; onValue(value: boolean): void }) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onValue(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** Choice is one of a few, all seen at once. */
export function Choice<T extends string>(props: {
  label: string;
  hint?: string;
  value: T;
  options: readonly { value: T; text: string; lang?: string }[];
  onValue(value: T): void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{props.label}</legend>
      <div>
        {props.options.map((option) => (
          <label key={option.value} lang={option.lang}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === props.value}
              onChange={() => props.onValue(option.value)}
            />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
      {props.hint && <p class="hint">{props.hint}</p>}
    </fieldset>
  );
}
