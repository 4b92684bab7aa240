/** Drafts that are open about one flag or segment, and where drafts are needed. */
import { useQuery } from '@tanstack/react-query'

import { LIVE_MS, reading } from '../query.ts'
import type { Answer } from '../query.ts'

export type Draft = Answer<'showDraft'>
export type DraftSummary = Answer<'listDrafts'>['items'][number]

/** A draft in its project, as every part of its page gets it. */
export interface DraftPart {
  readonly project: string
  readonly draft: Draft
}

/** What a draft can be about. */
export interface DraftPlace {
  readonly project: string
  readonly environment: string
  readonly kind: 'flag' | 'segment'
  readonly subject: string
}

/** The open drafts about one thing. */
export function useDraftsOf({ project, environment, kind, subject }: DraftPlace): readonly DraftSummary[] {
  const query = kind === 'flag' ? { environment, flag: subject } : { environment, segment: subject }
  const read = useQuery({
    ...reading('listDrafts', { params: { project }, query }),
    queryKey: ['listDrafts', project, query],
    refetchInterval: LIVE_MS,
  })
  return read.data?.items ?? []
}

/** Whether an environment is protected; false until it is known. */
export function useProtected(project: string, environment: string): boolean {
  const { data } = useQuery(reading('getProject', { params: { project } }))
  return data?.environments.find((it) => it.key === environment)?.protected ?? false
}
