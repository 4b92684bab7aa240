/**
 * Do the variants of a flag satisfy its JSON Schema (2020-12)?
 *
 * Schemas come from people, so nothing outside of them is loaded, and their patterns are matched in
 * linear time by the engine's own regular expressions.
 */
import type { Fault } from '@flagmarshal/domain/flag/edit'
import { compileRegExp } from '@flagmarshal/evaluation'
import type { VariantValue, JsonObject } from '@flagmarshal/evaluation'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'

/** Everything that is wrong with a schema, or with variants by it; empty if they can be stored. */
export function schemaFaults(flag: {
  readonly schema?: JsonObject | null | undefined
  readonly variants: Readonly<Record<string, VariantValue>>
}): Fault[] {
  if (flag.schema === undefined || flag.schema === null) return []
  const validate = validatorOf(flag.schema)
  if (typeof validate === 'string')
    return [{ pointer: '/schema', message: `This is no JSON Schema that can be used: ${validate}.` }]
  return Object.entries(flag.variants).flatMap(([name, value]) => {
    // What the caller's own default is worth nobody knows.
    if (value === null || validate(value)) return []
    const [first] = validate.errors ?? []
    return [
      {
        pointer: `/variants/${name}${first?.instancePath ?? ''}`,
        message: `The value ${first?.message ?? 'does not satisfy the schema'} (schema ${first?.schemaPath ?? '#'}).`,
      },
    ]
  })
}

/** What the validator asks of a regular expression. */
interface Pattern {
  readonly test: (text: string) => boolean
  readonly toString: () => string
}

/** The schema as a function, or what is wrong with it. A new instance for each: nothing of a schema is kept. */
function validatorOf(schema: JsonObject): ValidateFunction | string {
  const linear = (pattern: string): Pattern => ({
    test: compileRegExp(pattern, false),
    // The validator knows patterns apart by this text.
    toString: () => pattern,
  })
  // The property is only read where code is written to a file, which is not done here.
  linear.code = 'compileRegExp'
  try {
    return new Ajv2020({
      strict: false,
      strictSchema: true,
      validateFormats: false,
      logger: false,
      code: { regExp: linear },
    }).compile(schema)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
