/**
 * How pages read and write: TanStack Query over the typed client. A page names an operation and its
 * parameters; the cache, repetition and errors are the same everywhere.
 */
import { createClient } from '@flagmarshal/api'
import type { Arguments, OperationId, Operations, Outcome, Problem } from '@flagmarshal/api'
import { QueryCache, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { QueryKey, UseMutationResult, UseQueryOptions, UseQueryResult } from '@tanstack/react-query'

/** The body of a successful answer. */
export type Answer<Id extends OperationId> = Extract<Outcome<Operations[Id]>, { ok: true }>['body']

/** A problem that the server answered, as an error that Query carries. */
class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** The client of the signed-in person: the cookie goes along, the header shows where it comes from. */
export const client = createClient({ server: location.origin, headers: { 'flagmarshal-console': '1' } })

/** Calls an operation; throws a ProblemError. */
async function call<Id extends OperationId>(
  id: Id,
  ...given: Arguments<Operations[Id]>
): Promise<Answer<Id>> {
  const outcome = await client.call(id, ...given)
  if (!outcome.ok) throw new ProblemError(outcome.problem)
  return outcome.body
}

/** How often a live page asks again, in milliseconds. */
export const LIVE_MS = 4_000

/** The options of a read, for `useQuery` and `useQueries`. */
export function reading<Id extends OperationId>(id: Id, ...given: Arguments<Operations[Id]>): Reading<Id> {
  return { queryKey: [id, given[0] ?? null], queryFn: () => call(id, ...given) }
}

/** The key and the function of a read. */
type Reading<Id extends OperationId> = {
  readonly queryKey: QueryKey
  readonly queryFn: () => Promise<Answer<Id>>
} & Pick<UseQueryOptions<Answer<Id>>, 'staleTime'>

/** Reads an operation and keeps it in the cache. */
export function useRead<Id extends OperationId>(
  id: Id,
  ...given: Arguments<Operations[Id]>
): UseQueryResult<Answer<Id>> {
  return useQuery(reading(id, ...given))
}

/** Reads an operation again and again while the page is looked at. */
export function useLive<Id extends OperationId>(
  id: Id,
  ...given: Arguments<Operations[Id]>
): UseQueryResult<Answer<Id>> {
  return useQuery({ ...reading(id, ...given), refetchInterval: LIVE_MS })
}

/** Writes with an operation. Afterwards everything that is on the screen is read again. */
export function useWrite<Id extends OperationId>(
  id: Id,
): UseMutationResult<Answer<Id>, Error, Arguments<Operations[Id]>> {
  const cache = useQueryClient()
  return useMutation<Answer<Id>, Error, Arguments<Operations[Id]>>({
    mutationFn: (given) => call(id, ...given),
    onSettled: () => cache.invalidateQueries(),
  })
}

/** The problem behind an error of a read or write; undefined for a fault of the console itself. */
export function problemOf(error: unknown): Problem | undefined {
  return error instanceof ProblemError ? error.problem : undefined
}

/** The cache. `onSignedOut` is called when the server does not know the session any more. */
export function createCache(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (problemOf(error)?.status === 401) onSignedOut()
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (failures, error) => {
          const status = problemOf(error)?.status ?? 0
          return failures < 3 && (status === 0 || status >= 500)
        },
      },
      mutations: { retry: false },
    },
  })
}
