/**
 * The real Prometheus and Alertmanager, for tests: each on a free port, in a folder of its own, gone
 * with the test. Debian has them in the packages `prometheus` and `prometheus-alertmanager`; where
 * they are missing, tests that need them are skipped by name.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { endWithUs } from './end-with-us.ts'
import { freePort } from './free-port.ts'

/** The programs that these tests run. */
export type Program = 'prometheus' | 'promtool' | 'prometheus-alertmanager' | 'amtool'

/** Whether all of them are installed. */
export function installed(...programs: readonly Program[]): boolean {
  return programs.every((it) => spawnSync(it, ['--version'], { stdio: 'ignore' }).status === 0)
}

/** A program of the two, running. */
export interface Running extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Its folder: configuration, rules and data. */
  readonly folder: string
  /** Ends it as an outage would: without a word. */
  stop(): Promise<void>
  /** Starts it again, with its data and on its port. */
  start(): Promise<void>
}

/** What differs from the usual. */
export interface PrometheusOptions {
  /** Addresses to scrape, like `127.0.0.1:9100`. */
  readonly targets?: readonly string[]
  /** The label `job` of what they export; `shop`. */
  readonly job?: string
  /** Like `1s`. */
  readonly scrape?: string
  /** What `promtool` makes blocks of before it starts: exact values in the past. */
  readonly openMetrics?: string
  /** Files in its folder, by name; rule files are named in `rules`. */
  readonly files?: Readonly<Record<string, string>>
  readonly rules?: readonly string[]
  /** Address of an Alertmanager, like `127.0.0.1:9093`. */
  readonly alertmanager?: string
}

/**
 * Starts Prometheus; resolves once it has scraped each target. It says that it is ready five seconds
 * earlier (measured: 5.1 s): targets are handed to its scrapers every five seconds, the first ones too.
 * Until then whatever is asked is empty, so a rollout that begins meanwhile observes that much longer.
 */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Running> {
  const { targets = [] } = options
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-prometheus-'))
  await lay(folder, options).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  const ready = async (url: string) =>
    (await isReady(url)) && (targets.length === 0 || (await hasScraped(url, targets.length)))
  return await running(folder, ready, (port) => [
    'prometheus',
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    '--storage.tsdb.retention.time=90d',
    '--web.enable-lifecycle',
    // A first alert would otherwise be sent again only after a minute.
    '--rules.alert.resend-delay=1s',
    `--web.listen-address=127.0.0.1:${port}`,
  ])
}

/** Its configuration, its rules, and the past that it is to know. */
async function lay(folder: string, options: PrometheusOptions): Promise<void> {
  for (const [name, text] of Object.entries(options.files ?? {}))
    await writeFile(path.join(folder, name), text)
  await writeFile(path.join(folder, 'prometheus.yml'), configOf(options))
  if (options.openMetrics !== undefined) {
    await writeFile(path.join(folder, 'past.om'), options.openMetrics)
    run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', 'past.om', 'data'], folder)
  }
}

/** Starts Alertmanager with a configuration in YAML; resolves once it is ready. */
export async function startAlertmanager(config: string): Promise<Running> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-alertmanager-'))
  await writeFile(path.join(folder, 'alertmanager.yml'), config)
  return await running(folder, isReady, (port) => [
    'prometheus-alertmanager',
    '--config.file=alertmanager.yml',
    '--storage.path=data',
    // Alone: without it, it looks for others.
    '--cluster.listen-address=',
    `--web.listen-address=127.0.0.1:${port}`,
  ])
}

/** Runs one of the tools to its end; throws with what it said when it fails. */
function run(program: Program, args: readonly string[], cwd: string): string {
  const ended = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (ended.status === 0) return ended.stdout
  throw new Error(`${program} ${args.join(' ')} failed: ${ended.stdout}${ended.stderr}`)
}

function configOf(options: PrometheusOptions): string {
  const { targets = [], job = 'shop', scrape = '1s', rules = [], alertmanager } = options
  const config = {
    global: { scrape_interval: scrape, scrape_timeout: scrape, evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: job, static_configs: [{ targets }] }],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
  }
  // JSON is YAML.
  return JSON.stringify(config)
}

async function running(
  folder: string,
  ready: (url: string) => Promise<boolean>,
  command: (port: number) => readonly string[],
): Promise<Running> {
  const port = await freePort()
  const [program = '', ...args] = command(port)
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const start = async () => {
    let said = ''
    const started = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    started.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)))
    endWithUs(started)
    child = started
    const deadline = Date.now() + 30_000
    for (;;) {
      if (await ready(url).catch(() => false)) return
      if (started.exitCode !== null || Date.now() > deadline)
        throw new Error(`${program} does not run: ${said}`)
      await wait(20)
    }
  }
  const dispose = async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  await start().catch(async (error: unknown) => {
    await dispose()
    throw error
  })
  return { url, folder, stop, start, [Symbol.asyncDispose]: dispose }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/-/ready`)
  await answer.text()
  return answer.ok
}

/** Whether it has looked at so many targets since it was started, whatever it found there. */
async function hasScraped(url: string, targets: number): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/targets?state=active`)
  const { data } = (await answer.json()) as {
    readonly data: { readonly activeTargets: readonly { readonly lastScrape: string }[] }
  }
  return data.activeTargets.filter((it) => !it.lastScrape.startsWith('0001-')).length === targets
}
