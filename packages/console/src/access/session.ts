/** Who is signed in, and leaving. */
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'

import { paths } from '../paths.ts'
import { client, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { dropCarried } from './carried.ts'

/** The person who is signed in; undefined until the server has said so. */
export function useMe(): Answer<'whoAmI'> | undefined {
  return useRead('whoAmI').data
}

/** Ends the session and goes to the sign-in page. Nothing that was read stays in memory. */
export function useSignOut(): () => Promise<void> {
  const cache = useQueryClient()
  const router = useRouter()
  return async () => {
    await client.call('signOut')
    cache.clear()
    dropCarried()
    router.history.push(paths.signIn())
  }
}

/** After signing in: forgets what was read before, and goes on to where the person wanted to. */
export function useEnter(): (then?: string) => void {
  const cache = useQueryClient()
  const router = useRouter()
  return (then = paths.home()) => {
    cache.clear()
    // The kill page is the server's, not the console's.
    if (/^\/k(\/|$)/.test(then)) return window.location.replace(then)
    // Only addresses of this console: `//host` would lead elsewhere.
    router.history.replace(/^\/(?!\/|\\)/.test(then) ? then : paths.home())
  }
}
