/** The file by which a repository says which project its documents are of. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { ProjectFile } from '@flagmarshal/api/project-file'
import { parse } from 'yaml'

import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'

/** Where a repository keeps its configuration. */
export const FOLDER = 'flagmarshal'

/** The file, in that folder. */
export const PROJECT_FILE = 'project.yaml'

/** The project that a folder of documents is of; undefined where it does not say. */
export function projectOfFolder(folder: string): string | undefined {
  const file = path.join(folder, PROJECT_FILE)
  if (!existsSync(file)) return undefined
  const read = ProjectFile.safeParse(contentOf(file))
  if (read.success) return read.data.metadata.name
  const mistakes = read.error.issues.map((it) => `\n  ${it.path.join('.')}: ${it.message}`).join('')
  throw new Failure(`${file} has mistakes:${mistakes}`, {
    exitCode: EXIT.invalid,
    remedy: `Correct it, or write it anew: flagmarshal init --force`,
  })
}

/** The project of the repository that a command is called in, at its root. */
export function projectOfRepository(root: string): string | undefined {
  return projectOfFolder(path.join(root, FOLDER))
}

function contentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
