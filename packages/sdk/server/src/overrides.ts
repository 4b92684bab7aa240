/**
 * Values that whoever runs the application sets by hand: the emergency path while no server can be
 * reached, and one developer's own setting. They win over everything, also before the first snapshot.
 *
 * From `FLAGMARSHAL_OVERRIDES` (`new-checkout=false,limit=5`), read once, and from a file of the form
 * `{"new-checkout": false}`, read again when it changes. What cannot be read overrides nothing.
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs'

import type { Evaluation, EvaluationError, FlagValue, ValueType } from '@flagmarshal/evaluation'
import type { Logger } from '@openfeature/server-sdk'

import type { Closable } from './closable.ts'
import { valueAnswer } from './value-answer.ts'

/** Between two looks at the file, in milliseconds. */
const LOOK_MS = 1_000

export interface Overrides extends Closable {
  /** The answer for an overridden flag, TYPE_MISMATCH where its value is of another type; undefined for every other flag. */
  answer(key: string, valueType: ValueType): Evaluation | EvaluationError | undefined
}

/** Where overrides come from. */
export interface OverrideSources {
  /** As in the environment variable. */
  readonly text: string | undefined
  readonly file: string | undefined
  readonly logger: Logger
}

/** Reads both; `changed` is told which flags a new content of the file touched. */
export function createOverrides(
  { text, file, logger }: OverrideSources,
  changed: (flags: readonly string[]) => void,
): Overrides {
  const fixed = valuesOfText(text ?? '')
  let values = new Map([...readValues(file, logger), ...fixed])
  announce(values, logger)
  const look = (): void => {
    const before = values
    values = new Map([...readValues(file, logger), ...fixed])
    const keys = [...new Set([...before.keys(), ...values.keys()])]
    const touched = keys.filter((key) => JSON.stringify(before.get(key)) !== JSON.stringify(values.get(key)))
    if (touched.length === 0) return
    announce(values, logger)
    changed(touched.toSorted())
  }
  if (file !== undefined) watchFile(file, { interval: LOOK_MS, persistent: false }, look)

  return {
    answer(key, valueType) {
      if (values.size === 0) return undefined
      const value = values.get(key)
      return value === undefined ? undefined : valueAnswer(key, value, { valueType, variant: 'override' })
    },
    close() {
      if (file !== undefined) unwatchFile(file, look)
    },
  }
}

function announce(values: ReadonlyMap<string, FlagValue>, logger: Logger): void {
  for (const [key, value] of values)
    logger.warn(`flagmarshal: flag ${key} is overridden here: ${JSON.stringify(value)}`)
}

/** `key=value` with commas between; a value is JSON, anything else is text. */
function valuesOfText(text: string): ReadonlyMap<string, FlagValue> {
  const pairs = text.split(',').flatMap((pair) => {
    const [key = '', ...rest] = pair.split('=')
    return rest.length === 0 || key.trim() === '' ? [] : [[key.trim(), valueOf(rest.join('='))] as const]
  })
  return new Map(pairs)
}

function valueOf(text: string): FlagValue {
  try {
    const value: unknown = JSON.parse(text)
    return isFlagValue(value) ? value : text
  } catch {
    return text
  }
}

function readValues(file: string | undefined, logger: Logger): ReadonlyMap<string, FlagValue> {
  if (file === undefined) return new Map()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // No file: nothing is overridden.
    return new Map()
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      throw new Error('it is no JSON object of flags and values')
    return new Map(
      Object.entries(parsed).filter((entry): entry is [string, FlagValue] => isFlagValue(entry[1])),
    )
  } catch (error) {
    logger.error(`flagmarshal: overrides in ${file} are not used`, error)
    return new Map()
  }
}

function isFlagValue(value: unknown): value is FlagValue {
  return (
    ['boolean', 'string', 'number'].includes(typeof value) || (typeof value === 'object' && value !== null)
  )
}
