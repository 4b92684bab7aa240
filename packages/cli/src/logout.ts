/** `flagmarshal logout`: the token of a profile is revoked and its file removed, so that it works nowhere any more. */
import { readFileSync, rmSync } from 'node:fs'

import { createClient } from '@flagmarshal/api'
import type { Command } from 'commander'

import { NotSent } from './dry-run.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { failureOf, usage } from './failure.ts'
import { profileOf, readProfiles, withoutProfile, writeProfiles } from './profile-file.ts'
import type { Environment, Open } from './program.ts'

export function logoutCommand(program: Command, open: Open, env: Environment): void {
  program
    .command('logout')
    .description('revoke the token that login has kept, remove its file, and forget the profile')
    .argument('[profile]', 'the one that is taken from now on unless named')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const session = open(command)
      const known = readProfiles(env)
      const name = given ?? known.current
      if (name === undefined) throw usage('No profile is kept here.', 'Look: flagmarshal profile list')
      const { tokenFile, server } = profileOf(known, name)
      if (tokenFile === undefined || server === undefined) {
        throw usage(`${name} keeps no token.`, `Forget it: flagmarshal profile remove ${name}`)
      }
      if (session.dryRun) throw new NotSent({ method: 'DELETE', path: '/api/v1/account/tokens/{token}' })
      const revoked = await revoke(server, tokenFile)
      rmSync(tokenFile, { force: true })
      writeProfiles(env, withoutProfile(known, name))
      session.result(
        { name, server, revoked },
        () => `${name} is forgotten${revoked === null ? '.' : ', and its token revoked.'}`,
      )
    })
}

/** Revokes the token in a file; its id, or null where it worked no more or is nobody's own. */
async function revoke(server: string, tokenFile: string): Promise<string | null> {
  const client = createClient({ server, token: readFileSync(tokenFile, 'utf8').trim() })
  const listed = await client.call('listOwnTokens')
  if (!listed.ok) {
    if (exitCodeOf(listed.problem) === EXIT.access) return null
    throw failureOf(listed.problem)
  }
  const own = listed.body.items.find((it) => it.own)
  if (own === undefined) return null
  const outcome = await client.call('revokeOwnToken', { params: { token: own.id } })
  if (!outcome.ok) throw failureOf(outcome.problem)
  return own.id
}
