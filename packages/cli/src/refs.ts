/**
 * `flagmarshal refs …`: where the code of a repository asks flags, found here and kept by the server.
 */
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

import { readObject } from './given.ts'
import type { Open } from './program.ts'
import { progress } from './progress.ts'
import { cleanupCommand } from './refs-cleanup.ts'
import { openRepository } from './refs/git.ts'
import { scan } from './refs/scan.ts'
import type { Scan } from './refs/scan.ts'
import { readSettings } from './refs/settings.ts'
import type { Settings } from './refs/settings.ts'
import { describeScan, shownScan, uploadOf } from './refs/view.ts'
import type { Session } from './session.ts'

/** What every command that searches a repository is told. */
export interface SearchOptions {
  readonly repository: string
  readonly settings?: string
  readonly manifest?: string
  readonly layer?: Settings['defaultLayer']
  readonly runCommands?: boolean
}

interface ScanOptions extends SearchOptions {
  readonly repo?: string
  readonly contextLines?: number
  readonly lookback?: number
  readonly upload?: boolean
  readonly allowDirty?: boolean
}

export function refsCommands(program: Command, open: Open): void {
  const refs = program
    .command('refs')
    .description('where code asks flags, as a search of its repository finds it')
  searching(refs.command('scan'))
    .description('search the repository; with --upload, the server keeps what was found')
    .option('--upload', 'send it: it replaces what the repository said before')
    .option('--repo <name>', 'name of the repository; its origin unless given')
    .option('--context-lines <number>', 'lines around each place, 0 to 5; -1 sends no code', wholeFrom(-1))
    .option('--lookback <commits>', 'commits in which places that are gone are looked for', wholeFrom(0))
    .option('--allow-dirty', 'send it although the working tree is not what its commit says')
    .action(async (given: ScanOptions, command: Command) => {
      const session = open(command)
      const keys = await flagKeys(session, given)
      const { found, settings } = await search(session, given, keys)
      if (given.upload === true) {
        const named = given.repo === undefined ? settings : { ...settings, repo: given.repo }
        const body = uploadOf(found, named, { allowDirty: given.allowDirty ?? false })
        await session.call('writeCodeScan', { params: { project: session.project() }, body })
        session.say(`Sent to ${session.server} as ${body.repo}.`)
      }
      session.result(shownScan(found), () => describeScan(found, keys))
    })
  cleanupCommand(refs, open)
  refs
    .command('list')
    .description('the latest scan of each repository: places of each flag by layer')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listCodeScans', { params: { project: session.project() } })
      session.rows(
        items,
        ['repository', 'commit', 'flag', 'backend', 'frontend', 'middleware'],
        items.flatMap(({ repo, sha, flags }) =>
          flags.map((it) => [
            repo,
            sha.slice(0, 12),
            it.known ? it.flag : `${it.flag} (no flag)`,
            String(it.backend),
            String(it.frontend),
            String(it.middleware),
          ]),
        ),
      )
    })
}

/** Adds the options of a command that searches. */
export function searching(command: Command): Command {
  return command
    .option('--repository <path>', 'working tree to search', '.')
    .option('--settings <path>', 'settings in the repository; flagmarshal/refs.yaml unless given')
    .option('--manifest <path>', 'take the flags from an OpenFeature manifest, without the server')
    .addOption(
      new Option('--layer <layer>', 'layer of files that the settings place nowhere').choices([
        'backend',
        'frontend',
        'middleware',
      ]),
    )
    .option('--run-commands', 'run the commands that the settings name to find aliases')
}

/** The keys that are searched for: the flags of the project, archived ones too, or those of a manifest. */
async function flagKeys(session: Session, { manifest }: SearchOptions): Promise<readonly string[]> {
  if (manifest !== undefined) {
    const { flags } = readObject(manifest)
    return typeof flags === 'object' && flags !== null ? Object.keys(flags) : []
  }
  const { items } = await session.call('listFlags', { params: { project: session.project() } })
  return items.map((it) => it.key)
}

/** Searches a repository. */
export async function search(
  session: Session,
  given: SearchOptions & Pick<ScanOptions, 'contextLines' | 'lookback'>,
  keys: readonly string[],
): Promise<{ readonly found: Scan; readonly settings: Settings }> {
  const repository = openRepository(given.repository)
  const stored = readSettings(repository.root, given.settings)
  const settings: Settings = {
    ...stored,
    ...(given.layer === undefined ? {} : { defaultLayer: given.layer }),
    ...(given.contextLines === undefined ? {} : { contextLines: given.contextLines }),
    ...(given.lookback === undefined ? {} : { lookback: given.lookback }),
  }
  const bar = progress(session.streams, session.quiet, 'files searched')
  const found = await scan({
    repository,
    settings,
    keys,
    runCommands: given.runCommands ?? false,
    progress: (done, all) => bar.at(done, all),
  }).finally(() => bar.end())
  return { found, settings }
}

/** Reads a whole number, from the least one. */
function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isInteger(number) && number >= least) return number
    throw new InvalidArgumentError(`Write a whole number from ${least}.`)
  }
}
