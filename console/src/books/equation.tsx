import { t } from "../i18n";
import { number } from "../lib/format";
import { Badge } from "../ui";
import { databaseOf, type Equation, gateOf, type Terms } from "./equations";

/** TermName is one term of an equation. */
export type TermName = "stockTotal" | "stockLeft" | "liveOrders" | "redisLeft" | "inFlight" | "pendingMoves";

const sides: Record<"database" | "gate", { of(terms: Terms): Equation; terms: readonly TermName[] }> = {
  database: { of: databaseOf, terms: ["stockTotal", "stockLeft", "liveOrders"] },
  gate: { of: gateOf, terms: ["stockLeft", "redisLeft", "inFlight", "pendingMoves"] },
};

/** signed writes a number of units with its sign. */
export function signed(n: number): string {
  return n > 0 ? `+${number(n)}` : number(n).replace("-", "−");
}

/** EquationLine is one equation with every term, and whether it holds. */
export function EquationLine({ kind, terms }: { kind: "database" | "gate"; terms: Terms }) {
  const { books } = t();
  const side = sides[kind];
  const equation = side.of(terms);
  return (
    <div class={`equation ${equation.off ? "bad" : ""}`}>
      <div class="terms">
        {side.terms.map((name, n) => (
          <div key={name} class="term">
            <span class="operator">{n === 0 ? "" : n > 1 ? "+" : equation.off ? "≠" : "="}</span>
            <span class="value">{number(terms[name])}</span>
            <span class="name">{books.terms[name]}</span>
            <span class="note">{books.notes[name]}</span>
          </div>
        ))}
      </div>
      <p class="outcome">
        <Outcome equation={equation} />
      </p>
    </div>
  );
}

function Outcome({ equation: { off, moving } }: { equation: Equation }) {
  const { books } = t();
  if (off === undefined) return <Badge icon="help">{books.notKnown}</Badge>;
  return (
    <>
      <Badge tone={off === 0 ? "ok" : "bad"}>{off === 0 ? books.holds : `${books.off} ${signed(off)}`}</Badge>
      {moving !== 0 && <span class="muted small">{books.moving(number(Math.abs(moving)))}</span>}
    </>
  );
}
