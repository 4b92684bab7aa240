/** A state that is part of the address: it survives reload, and a link to it leads to it. */
import { useRouter, useRouterState } from '@tanstack/react-router'

export interface Addressed {
  readonly value: string
  readonly go: (value: string) => void
}

/** The value of a name in the query of the address. */
export function useAddressed(name: string, fallback: string): Addressed {
  const router = useRouter()
  const text = useRouterState({ select: (state) => state.location.searchStr })
  const query = new URLSearchParams(text)
  return {
    value: query.get(name) ?? fallback,
    go: (value) => {
      query.set(name, value)
      router.history.replace(`${router.state.location.pathname}?${query.toString()}`)
    },
  }
}
