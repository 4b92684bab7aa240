/** Which project is looked at: the one in the address, else the last one, else the first. */
import { useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'

import { useRead } from '../query.ts'

const REMEMBERED = 'flagmarshal.project'

/** The project in the address; undefined where it has none. */
function useAddressedProject(): string | undefined {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const key = /^\/p\/([^/]+)/.exec(path)?.[1]
  return key === undefined ? undefined : decodeURIComponent(key)
}

/** The key of the project; undefined while there is none. */
export function useProject(): string | undefined {
  const addressed = useAddressedProject()
  const projects = useRead('listProjects')
  const keys = (projects.data?.items ?? []).map((it) => it.key)
  const remembered = localStorage.getItem(REMEMBERED)
  const fallback = remembered !== null && keys.includes(remembered) ? remembered : keys[0]
  useEffect(() => {
    if (addressed !== undefined) localStorage.setItem(REMEMBERED, addressed)
  }, [addressed])
  return addressed ?? fallback
}
