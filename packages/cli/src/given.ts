/**
 * JSON that a command takes: from a file, from stdin (`-`), or written in the call.
 */
import { readFileSync } from 'node:fs'

import { usage } from './failure.ts'

export type JsonObject = Record<string, unknown>

/** The object in a file; `-` reads stdin. */
export function readObject(path: string): JsonObject {
  return parseObject(readText(path), path === '-' ? 'stdin' : path)
}

/** The object in a text. */
export function parseObject(text: string, where: string): JsonObject {
  const value = parse(text, where)
  if (isObject(value)) return value
  throw usage(`${where} holds no JSON object.`, 'Write one like {"key": "value"}.')
}

/** A JSON value in a text, for options. */
export function parseJson(text: string, where: string): unknown {
  return parse(text, where)
}

/** A secret in a file, on one line; `-` reads stdin. Secrets are never options: other users see those. */
export function readSecret(path: string): string {
  return readText(path).trim()
}

/** Whether a value is an object with names. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A whole number of an option, at least 1. */
export function wholeNumber(text: string, option: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw usage(`${option} ${text} is no whole number.`, `Write ${option} with a number from 1.`)
}

/** What `--if-revision` says: the revision that must still hold. */
export function seenRevision(text: string | undefined): { readonly ifMatch?: number } {
  return text === undefined ? {} : { ifMatch: wholeNumber(text, '--if-revision') }
}

/** `name=text` options, gathered. */
export function pairs(given: readonly string[], option: string): [string, string][] {
  return given.map((it) => {
    const at = it.indexOf('=')
    if (at < 1) throw usage(`${option} ${it} has no "=".`, `Write ${option} name=text.`)
    return [it.slice(0, at), it.slice(at + 1)]
  })
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw usage(
      `${where} is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'Check it with a JSON checker.',
    )
  }
}

/** The text of a file; `-` reads stdin. */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw usage(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Check the path.',
    )
  }
}
