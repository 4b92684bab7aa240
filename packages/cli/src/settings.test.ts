import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { profilePath, readProfiles, writeProfiles } from './profile-file.ts'
import { settle } from './settings.ts'

let home: string
let env: Record<string, string>
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'flagmarshal-profile-'))
  env = { HOME: home }
  const token = path.join(home, 'token')
  writeFileSync(token, 'fm_of_the_profile\n')
  writeProfiles(env, {
    current: 'work',
    profiles: {
      work: { server: 'https://flags.example', project: 'shop', tokenFile: token },
      local: { server: 'http://127.0.0.1:4860' },
    },
  })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('where a command goes', () => {
  it('to the local server where nothing is said', () => {
    expect(settle({}, {})).toMatchObject({ server: 'http://127.0.0.1:4860', token: undefined })
  })

  it('to the profile that is taken, unless the environment says otherwise', () => {
    expect(settle({}, env)).toMatchObject({
      server: 'https://flags.example',
      project: 'shop',
      token: 'fm_of_the_profile',
    })
    const other = { ...env, FLAGMARSHAL_SERVER: 'http://other.example', FLAGMARSHAL_TOKEN: 'fm_other' }
    expect(settle({}, other)).toMatchObject({ server: 'http://other.example', token: 'fm_other' })
  })

  it('to the profile that is named, whatever the environment says; an option wins over both', () => {
    const other = { ...env, FLAGMARSHAL_SERVER: 'http://other.example' }
    expect(settle({ profile: 'local' }, other).server).toBe('http://127.0.0.1:4860')
    expect(settle({}, { ...other, FLAGMARSHAL_PROFILE: 'work' }).server).toBe('https://flags.example')
    expect(settle({ profile: 'work', server: 'http://own.example' }, env).server).toBe('http://own.example')
  })

  it('nowhere, where the profile is unknown or its token cannot be read', () => {
    expect(() => settle({ profile: 'home' }, env)).toThrow('There is no profile home.')
    const odd = { ...env, XDG_CONFIG_HOME: path.join(home, 'odd') }
    writeProfiles(odd, { current: 'a', profiles: { a: { tokenFile: '/nowhere' } } })
    expect(() => settle({}, odd)).toThrow('The token file /nowhere cannot be read')
  })
})

it('profiles are readable by their owner only', () => {
  const at = profilePath(env)
  expect(at).toBe(path.join(home, '.config/flagmarshal/profiles.json'))
  expect(statSync(at ?? '').mode & 0o777).toBe(0o600)
  writeFileSync(at ?? '', '{')
  expect(() => readProfiles(env)).toThrow('is no JSON')
})
