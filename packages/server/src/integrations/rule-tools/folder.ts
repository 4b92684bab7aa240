/**
 * The folder of rule files that the operator of this server allows. A file is put there whole or not
 * at all, and what was there before can be put back.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { stringify } from 'yaml'

import type { RuleFolder } from '../interfaces.ts'

const HEAD = '# Written by Flagmarshal. Do not edit: change the rollout plan, and install it again.\n'

/** Without a folder nothing is ever written. */
export function ruleFolder(folder: string | undefined): RuleFolder {
  const text: RuleFolder['text'] = (rules) => `${HEAD}${stringify(rules, { lineWidth: 0 })}`
  return {
    text,
    async write(name, rules) {
      if (folder === undefined)
        return { kind: 'refused', why: 'this server may write no rule files: set FLAGMARSHAL_RULES_DIR' }
      const file = path.join(folder, path.basename(name))
      try {
        const before = await readFile(file, 'utf8').catch(() => undefined)
        await replace(file, text(rules))
        const undo = () => (before === undefined ? rm(file, { force: true }) : replace(file, before))
        return { kind: 'written', undo }
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
        return { kind: 'refused', why: `the rule file cannot be written: ${code}` }
      }
    },
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`
  await writeFile(fresh, text)
  await rename(fresh, file)
}
