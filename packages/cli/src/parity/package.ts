/** A package of the user's own: from the node_modules of the folder that the command is called in. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { isObject } from '../given.ts'
import type { Adapter } from './adapter.ts'

/** Loads a module of a package. What it exports is the package's affair, and is looked at by who calls it. */
export type Load = (specifier: string) => unknown

/** A package, found. */
export interface Installed {
  readonly load: Load
  readonly version: string
}

/** The package of an adapter, as it is installed above a folder. Throws a Failure with the way to install it. */
export function installed(adapter: Pick<Adapter, 'package' | 'tested'>, folder: string): Installed {
  const require = createRequire(path.join(folder, 'package.json'))
  const version = versionOf(adapter.package, require)
  if (version !== undefined) return { load: (it) => require(it), version }
  throw new Failure(`The package ${adapter.package} is not installed in ${folder}.`, {
    exitCode: EXIT.usage,
    remedy: `npm install --no-save ${adapter.package}@${adapter.tested}`,
  })
}

/** Some packages do not let their package.json be loaded, so it is looked for where Node looks. */
function versionOf(name: string, require: NodeJS.Require): string | undefined {
  const files = (require.resolve.paths(name) ?? []).map((it) => path.join(it, name, 'package.json'))
  const found = files.find((it) => existsSync(it))
  if (found === undefined) return undefined
  const read: unknown = JSON.parse(readFileSync(found, 'utf8'))
  return isObject(read) && typeof read['version'] === 'string' ? read['version'] : 'unknown'
}

/** What a package should have and has not. */
export function otherwise(adapter: Pick<Adapter, 'package' | 'tested'>, what: string): Failure {
  return new Failure(`This version of ${adapter.package} has no ${what}.`, {
    exitCode: EXIT.usage,
    remedy: `npm install --no-save ${adapter.package}@${adapter.tested}`,
  })
}
