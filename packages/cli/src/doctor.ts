/**
 * `flagmarshal doctor`: goes along the way from this machine to a flag that is evaluated, and says of
 * the first thing that is wrong on each stretch which command mends it.
 */
import { existsSync } from 'node:fs'
import process from 'node:process'

import type { Command } from 'commander'

import { readDocuments } from './config/files.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Environment, Open } from './program.ts'
import { FOLDER } from './project-file.ts'
import type { Session } from './session.ts'
import { settle } from './settings.ts'
import type { GlobalOptions } from './settings.ts'
import { serverVersion, VERSION } from './version.ts'

/** What was found of one thing. `look` is right and worth knowing; only `wrong` fails. */
interface Finding {
  readonly about: string
  readonly state: 'right' | 'look' | 'wrong'
  readonly says: string
  /** A command, where one mends it. */
  readonly remedy?: string
}

/** Messages between systems are not believed when they are older than five minutes. */
const CLOCK_MS = 30_000

export function doctorCommand(
  program: Command,
  open: Open,
  end: (code: ExitCode) => void,
  env: Environment,
): void {
  program
    .command('doctor')
    .description(
      'what is wrong between here and a flag that is evaluated: server, clock, token, project, keys, applications, documents. Exits 7 when something is',
    )
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { token, project } = settle(command.optsWithGlobals<GlobalOptions>(), env)
      const findings = [...(await ofServer(session, { token, project })), ...ofDocuments()]
      session.result(findings, () => findings.map(describe).join('\n'))
      if (findings.some((it) => it.state === 'wrong')) end(EXIT.invalid)
    })
}

interface Means {
  readonly token: string | undefined
  readonly project: string | undefined
}

async function ofServer(session: Session, { token, project }: Means): Promise<readonly Finding[]> {
  const ready = await session.client.call('getReadiness')
  if (!ready.ok && ready.problem.status === 0)
    return [
      {
        about: 'server',
        state: 'wrong',
        says: ready.problem.detail,
        remedy:
          'start it (npm start), or name another one: flagmarshal profile save work --server https://flags.example',
      },
    ]
  const isReady = ready.ok && ready.body.ready
  const found: Finding[] = [
    {
      about: 'server',
      state: isReady ? 'right' : 'wrong',
      says: `${session.server} ${isReady ? 'can serve' : 'answers, and cannot serve'}`,
      ...(isReady ? {} : { remedy: 'flagmarshal ready' }),
    },
    await ofClock(session.server),
    ofTransport(session.server),
  ]
  const who = token === undefined ? undefined : await session.client.call('whoAmI')
  if (who === undefined)
    return [...found, { about: 'token', state: 'wrong', says: 'there is none', remedy: 'flagmarshal login' }]
  if (!who.ok)
    return [
      ...found,
      { about: 'token', state: 'wrong', says: who.problem.detail, remedy: 'flagmarshal login' },
    ]
  const roles = who.body.roles.join(', ') || 'no role'
  found.push({ about: 'token', state: 'right', says: `${who.body.name}, ${who.body.kind}, ${roles}` })
  found.push(await ofVersions(session))
  return [...found, ...(await ofProject(session, project))]
}

async function ofClock(server: string): Promise<Finding> {
  const before = Date.now()
  const answer = await fetch(new URL('/healthz', server)).catch(() => undefined)
  const told = Date.parse(answer?.headers.get('date') ?? '')
  if (Number.isNaN(told)) return { about: 'clock', state: 'look', says: 'the server does not tell its time' }
  const apart = Math.round(Math.abs(told - before) / 1_000)
  return apart * 1_000 > CLOCK_MS
    ? {
        about: 'clock',
        state: 'wrong',
        says: `${apart} s apart from the server's: signed messages are refused`,
        remedy: 'synchronise the clocks (NTP)',
      }
    : { about: 'clock', state: 'right', says: `${apart} s apart from the server's` }
}

function ofTransport(server: string): Finding {
  const { protocol, hostname } = new URL(server)
  const isLocal = /^(localhost|127\.|\[::1\])/.test(hostname)
  return protocol === 'https:' || isLocal
    ? { about: 'transport', state: 'right', says: isLocal ? 'this machine' : 'TLS' }
    : {
        about: 'transport',
        state: 'look',
        says: 'without TLS: the token travels in the clear',
        remedy: 'put a proxy with TLS in front, and name its https address',
      }
}

async function ofVersions(session: Session): Promise<Finding> {
  const server = await serverVersion(session)
  const says = `program ${VERSION} on Node ${process.versions.node}, server ${server ?? 'does not tell'}`
  return server === null || server === VERSION
    ? { about: 'versions', state: 'right', says }
    : { about: 'versions', state: 'look', says, remedy: 'use the same version of both' }
}

async function ofProject(session: Session, project: string | undefined): Promise<readonly Finding[]> {
  if (project === undefined)
    return [{ about: 'project', state: 'look', says: 'none is named', remedy: 'flagmarshal init' }]
  const found = await session.client.call('getProject', { params: { project } })
  if (!found.ok)
    return [
      {
        about: 'project',
        state: 'wrong',
        says: found.problem.detail,
        remedy: `flagmarshal project create ${project}`,
      },
    ]
  const names = found.body.environments.map((it) => it.key)
  const keys = await session.client.call('listKeys', { params: { project } })
  const instances = await Promise.all(
    names.map(async (environment) => {
      const listed = await session.client.call('listInstances', { params: { project, environment } })
      return listed.ok ? listed.body.items.filter((it) => it.state === 'connected').length : 0
    }),
  )
  const connected = instances.reduce((sum, it) => sum + it, 0)
  const first = names[0] ?? 'staging'
  return [
    { about: 'project', state: 'right', says: `${project} with ${names.join(', ')}` },
    keys.ok && keys.body.items.length === 0
      ? {
          about: 'keys',
          state: 'look',
          says: 'no application has one',
          remedy: `flagmarshal key create backend -e ${first}`,
        }
      : {
          about: 'keys',
          state: 'right',
          says: keys.ok ? String(keys.body.items.length) : 'not for this token to see',
        },
    connected === 0
      ? {
          about: 'applications',
          state: 'look',
          says: 'none is connected',
          remedy: `flagmarshal instance list -e ${first}`,
        }
      : { about: 'applications', state: 'right', says: `${connected} connected` },
  ]
}

function ofDocuments(): readonly Finding[] {
  if (!existsSync(FOLDER)) return []
  try {
    const documents = readDocuments(FOLDER)
    return [{ about: 'documents', state: 'right', says: `${documents.length} in ${FOLDER}` }]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [
      {
        about: 'documents',
        state: 'wrong',
        says: error.message,
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      },
    ]
  }
}

const MARKS = { right: '✓', look: '·', wrong: '✗' } as const

function describe({ about, state, says, remedy }: Finding): string {
  const line = `${MARKS[state]} ${about.padEnd(12)} ${says}`
  return remedy === undefined ? line : `${line}\n    → ${remedy}`
}
