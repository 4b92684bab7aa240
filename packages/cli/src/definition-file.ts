/**
 * A definition of flags in the file of another tool: JSON, YAML or TOML, by the end of its name. Stdin is
 * JSON or YAML.
 */
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'

import { usage } from './failure.ts'
import { isObject, parseObject, readText } from './given.ts'
import type { JsonObject } from './given.ts'

/** The object in the file. */
export function readDefinition(path: string): JsonObject {
  const text = readText(path)
  const where = path === '-' ? 'stdin' : path
  if (path.endsWith('.json')) return parseObject(text, where)
  const value = parsed(text, where, path.endsWith('.toml') ? parseToml : parseYaml)
  if (isObject(value)) return value
  throw usage(`${where} holds no object.`, 'Give the file as the other tool wrote it.')
}

/** As JSON has it: instants are texts. */
function parsed(text: string, where: string, parse: (text: string) => unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(parse(text)))
  } catch (error) {
    throw usage(
      `${where} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Check the file, and the end of its name: .json, .yaml or .toml.',
    )
  }
}
