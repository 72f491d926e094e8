/** What a form is made of: a row for each setting, with the control that fits its kind. */
interface Labelled {
  /** Unique on the page. */
  id: string;
  label: string;
  hint?: string;
}

export interface SwitchField extends Labelled {
  kind: 'switch';
  on: boolean;
  change: (on: boolean) => void;
}
export interface SelectField extends Labelled {
  kind: 'select';
  value: string;
  choices: readonly { value: string; label: string }[];
  change: (value: string) => void;
}
/** A whole number from `min` to `max`. */
export interface NumberField extends Labelled {
  kind: 'number';
  value: number;
  min: number;
  max: number;
  change: (value: number) => void;
}
export type Field = SwitchField | SelectField | NumberField;

/** A choice among values; `change` gets one of them and nothing else. */
export function selectField<V extends string>(
  labelled: Labelled,
  value: V,
  choices: readonly (readonly [value: V, label: string])[],
  change: (value: V) => void,
): SelectField {
  return {
    ...labelled,
    kind: 'select',
    value,
    choices: choices.map(([one, label]) => ({ value: one, label })),
    change(wanted) {
      const found = choices.find(([one]) => one === wanted);
      if (found) change(found[0]);
    },
  };
}
