/** Segments as callers see them. */
import type { Segment, SegmentConfig, SegmentSummary } from '@flagmarshal/api/segment'

import { sha256 } from '../id.ts'
import type { SegmentConfigRow, SegmentRow, SegmentSummaryRow } from '../storage/segments.ts'

/** A segment in one environment. */
export function segmentConfigView(row: SegmentConfigRow): SegmentConfig {
  return {
    environment: row.environment,
    ...(row.condition === null ? {} : { when: row.condition }),
    include: [...row.include],
    exclude: [...row.exclude],
    revision: row.revision,
  }
}

/** A segment in each environment. */
export function segmentView(row: SegmentRow, configs: readonly SegmentConfigRow[]): Segment {
  return { ...about(row), environments: configs.map(segmentConfigView) }
}

/** A segment without its lists. */
export function segmentSummary(row: SegmentRow, configs: readonly SegmentSummaryRow[]): SegmentSummary {
  return {
    ...about(row),
    environments: configs
      .filter((it) => it.segment === row.key)
      .map((it) => ({
        environment: it.environment,
        ...(it.condition === null ? {} : { when: it.condition }),
        included: it.included,
        excluded: it.excluded,
        revision: it.revision,
      })),
  }
}

/** A segment for the audit chain: of long lists the length and the hash. */
export function segmentAudit(row: SegmentConfigRow): unknown {
  return { ...segmentConfigView(row), include: listAudit(row.include), exclude: listAudit(row.exclude) }
}

function listAudit(members: readonly string[]): unknown {
  return members.length <= 100
    ? members
    : { members: members.length, sha256: sha256(JSON.stringify(members)) }
}

function about(row: SegmentRow): { key: string; name: string; description?: string } {
  return {
    key: row.key,
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
  }
}
