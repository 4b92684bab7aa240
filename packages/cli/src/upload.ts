/**
 * `flagmarshal upload …`, and files that other JSON names: they are uploaded, and their hash takes the
 * place of their name.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import type { Command } from 'commander'

import { usage } from './failure.ts'
import { isObject } from './given.ts'
import type { JsonObject } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'
import { fields } from './table.ts'

type Upload = Answer<'createUpload'>

export function uploadCommands(program: Command, open: Open): void {
  const upload = program.command('upload').description('files that a procedure rests on, kept by their hash')
  upload
    .command('add <file...>')
    .description('keep files of at most 5 MiB; JUnit XML and CTRF JSON are read as test results')
    .action(async (files: string[], _: unknown, command: Command) => {
      const session = open(command)
      const kept: Upload[] = []
      for (const file of files) kept.push(await uploadFile(session, file))
      session.rows(
        kept,
        ['hash', 'name', 'bytes', 'tests'],
        kept.map((it) => [it.hash, it.name, String(it.bytes), testsOf(it)]),
      )
    })
  upload
    .command('show <hash>')
    .description('an upload, without its content unless --json')
    .action(async (hash: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showUpload', { params: { project: session.project(), hash } })
      const human = () =>
        fields([
          ['hash', it.hash],
          ['name', it.name],
          ['bytes', String(it.bytes)],
          ['by', it.by],
          ['tests', testsOf(it)],
        ])
      session.result(it, human)
    })
}

/**
 * The value with its files uploaded: `{"kind": "upload", "file": "a.md"}` becomes the reference to the
 * upload, and `{"file": "a.xml"}` alone becomes its hash. Paths are relative to the JSON's folder.
 */
export async function withUploads(session: Session, value: JsonObject, from: string): Promise<JsonObject> {
  const folder = from === '-' ? '.' : path.dirname(from)
  const entries: [string, unknown][] = []
  for (const [name, member] of Object.entries(value))
    entries.push([name, await replaced(session, member, folder)])
  return Object.fromEntries(entries)
}

async function replaced(session: Session, value: unknown, folder: string): Promise<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const it of value) items.push(await replaced(session, it, folder))
    return items
  }
  if (!isObject(value)) return value
  const { file, kind, ...others } = value
  if (typeof file === 'string' && Object.keys(others).length === 0) {
    if (kind === undefined || kind === 'upload') {
      const { hash } = await uploadFile(session, path.resolve(folder, file))
      return kind === undefined ? hash : { kind, hash }
    }
  }
  return await withUploads(session, value, path.join(folder, 'file'))
}

async function uploadFile(session: Session, file: string): Promise<Upload> {
  let content: Buffer
  try {
    content = readFileSync(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw usage(`${file} cannot be read: ${why}.`, 'Check the path.')
  }
  const name = path.basename(file)
  return await session.call('createUpload', {
    params: { project: session.project() },
    body: { name, content: content.toString('base64') },
  })
}

function testsOf({ tests }: Pick<Upload, 'tests'>): string {
  if (tests === null) return '–'
  if ('unreadable' in tests) return tests.unreadable
  return `${tests.passed} of ${tests.total} passed, ${tests.failed} failed, ${tests.skipped} skipped`
}
