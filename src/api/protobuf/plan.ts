/** Which protobuf field number of a message is which JSON field, worked out once per type. */
import type { FieldSchema } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/schema.ts';

/** A field, or a message whose fields are the JSON fields of the one around it (a struct that Go embeds). */
export type PlanEntry = { field: FieldSchema } | { embedded: Plan };

export type Plan = Map<number, PlanEntry>;

const plans = new WeakMap<ObjectSchema, Plan>();

function place(plan: Plan, numbers: readonly number[], field: FieldSchema): void {
  const [number, ...rest] = numbers;
  if (number === undefined) return;
  if (rest.length === 0) {
    plan.set(number, { field });
    return;
  }
  let entry = plan.get(number);
  if (entry === undefined || !('embedded' in entry)) {
    entry = { embedded: new Map() };
    plan.set(number, entry);
  }
  place(entry.embedded, rest, field);
}

export function planOf(schema: ObjectSchema): Plan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = new Map();
    for (const field of schema.fields.values()) place(plan, field.numbers, field);
    plans.set(schema, plan);
  }
  return plan;
}
