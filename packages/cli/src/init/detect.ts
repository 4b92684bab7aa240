/** What a repository says of itself: where it came from, what it is written in, where its pipelines run. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Where pipelines run. */
export type Pipeline = 'github' | 'gitlab' | 'none'

/** Which parts of an application ask flags. */
export type Template = 'backend' | 'frontend' | 'fullstack'

export interface Repository {
  /** The root of the git repository; undefined where there is none. */
  readonly root: string | undefined
  /** What it is called: by its remote, else by its folder. */
  readonly name: string
  readonly remote: string | undefined
  /** By number of files, the most first. */
  readonly languages: readonly string[]
  readonly pipeline: Pipeline
  readonly template: Template
}

const LANGUAGES: Readonly<Record<string, string>> = {
  '.ts': 'TypeScript',
  '.tsx': 'TypeScript',
  '.js': 'JavaScript',
  '.jsx': 'JavaScript',
  '.mjs': 'JavaScript',
  '.vue': 'Vue',
  '.svelte': 'Svelte',
  '.py': 'Python',
  '.go': 'Go',
  '.java': 'Java',
  '.kt': 'Kotlin',
  '.cs': 'C#',
  '.rb': 'Ruby',
  '.php': 'PHP',
  '.rs': 'Rust',
  '.swift': 'Swift',
}

const PAGES = new Set(['.tsx', '.jsx', '.vue', '.svelte'])
const PAGE_PACKAGES = /^(react|preact|vue|svelte|@angular\/core|solid-js|next|nuxt)$/
const SERVER_PACKAGES = /^(express|fastify|hono|koa|@nestjs\/core|next|nuxt|@hapi\/hapi)$/
const SERVER_LANGUAGES = new Set(['Python', 'Go', 'Java', 'Kotlin', 'C#', 'Ruby', 'PHP', 'Rust'])

/** Looks at the repository in a folder. */
export function detect(folder: string): Repository {
  const root = git(folder, 'rev-parse', '--show-toplevel')
  const remote = git(folder, 'config', '--get', 'remote.origin.url')
  const endings = endingsOf(filesOf(folder))
  const languages = countsOf(endings.flatMap((it) => LANGUAGES[it] ?? []))
  return {
    root,
    name: nameOf(remote ?? root ?? folder),
    remote,
    languages,
    pipeline: pipelineOf(folder, remote),
    template: templateOf(folder, { endings: new Set(endings), languages }),
  }
}

/** A name as a project's key: `Kitchen_Drawer.git` → `kitchen-drawer`. */
export function nameOf(address: string): string {
  const last =
    address
      .replace(/\/+$/, '')
      .split(/[/:\\]/)
      .at(-1) ?? ''
  const key = last
    .replace(/\.git$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return key.slice(0, 63) || 'project'
}

function git(folder: string, ...args: string[]): string | undefined {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: [...stdio] }).trim() || undefined
  } catch {
    // No repository, no such setting, or no git.
    return undefined
  }
}

/** What git knows, and what it would take; without git, the files of the folder itself. */
function filesOf(folder: string): readonly string[] {
  const listed = git(folder, 'ls-files', '--cached', '--others', '--exclude-standard')
  return listed?.split('\n') ?? readdirSync(folder)
}

function endingsOf(files: readonly string[]): readonly string[] {
  return files.map((it) => path.extname(it.replaceAll('"', '')))
}

function countsOf(names: readonly string[]): readonly string[] {
  const counts = Map.groupBy(names, (it) => it)
  return [...counts].toSorted((a, b) => b[1].length - a[1].length).map(([name]) => name)
}

function pipelineOf(folder: string, remote = ''): Pipeline {
  if (existsSync(path.join(folder, '.gitlab-ci.yml'))) return 'gitlab'
  if (existsSync(path.join(folder, '.github'))) return 'github'
  const host = /^(?:[a-z+]+:\/\/)?(?:[^@/]+@)?([^/:]+)/.exec(remote)?.[1] ?? ''
  if (host === 'github.com') return 'github'
  return /(^|\.)gitlab\./.test(host) ? 'gitlab' : 'none'
}

function templateOf(
  folder: string,
  { endings, languages }: { readonly endings: ReadonlySet<string>; readonly languages: readonly string[] },
): Template {
  const packages = dependenciesOf(folder)
  const pages = [...PAGES].some((it) => endings.has(it)) || packages.some((it) => PAGE_PACKAGES.test(it))
  const serves =
    packages.some((it) => SERVER_PACKAGES.test(it)) || languages.some((it) => SERVER_LANGUAGES.has(it))
  if (pages) return serves ? 'fullstack' : 'frontend'
  return 'backend'
}

function dependenciesOf(folder: string): readonly string[] {
  try {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    ) as Readonly<Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>> | undefined>>
    return Object.keys({ ...dependencies, ...devDependencies })
  } catch {
    return []
  }
}
