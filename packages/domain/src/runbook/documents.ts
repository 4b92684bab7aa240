import type { DocumentFacts } from './facts.ts'
/**
 * Every document of a bundle, and what each must have.
 */
import { FLAG_OUTLINE, flagDocument } from './flag-document.ts'
import { lintDocument } from './lint.ts'
import {
  ALERT_OUTLINE,
  alertDocuments,
  INSERT_OUTLINE,
  insertDocument,
  MONITORING_OUTLINE,
  monitoringDocument,
} from './operations-documents.ts'
import { PLAN_OUTLINE, planDocument } from './plan-document.ts'
import {
  REFERENCE_OUTLINE,
  referenceDocument,
  TOGGLE_OUTLINE,
  toggleDocument,
  TROUBLESHOOTING_OUTLINE,
  troubleshootingDocument,
} from './reference-documents.ts'
import { ROLLBACK_OUTLINE, rollbackDocument } from './rollback-document.ts'
import { STRATEGY_OUTLINE, strategyDocument } from './strategy-document.ts'
import type { Document } from './tree.ts'
import { WORK_PLAN_OUTLINE, workPlanDocument } from './work-plan-document.ts'

const OUTLINES: Readonly<Record<string, readonly string[]>> = {
  strategy: STRATEGY_OUTLINE,
  'flag-configuration': FLAG_OUTLINE,
  'rollout-plan': PLAN_OUTLINE,
  'flag-reference': REFERENCE_OUTLINE,
  'toggle-procedure': TOGGLE_OUTLINE,
  troubleshooting: TROUBLESHOOTING_OUTLINE,
  'runbook-insert': INSERT_OUTLINE,
  'rollback-procedures': ROLLBACK_OUTLINE,
  'monitoring-record': MONITORING_OUTLINE,
  'work-plan': WORK_PLAN_OUTLINE,
}

/** The documents that the bundle lists by hash. The same facts give the same documents, byte for byte. */
export function documentsOf(facts: DocumentFacts): readonly Document[] {
  return [
    strategyDocument(facts),
    flagDocument(facts),
    planDocument(facts),
    referenceDocument(facts),
    toggleDocument(facts),
    troubleshootingDocument(facts),
    ...alertDocuments(facts),
    insertDocument(facts),
    rollbackDocument(facts),
    monitoringDocument(facts),
    workPlanDocument(facts),
  ]
}

/** What the documents lack, by the document's name; a document without findings has no entry. */
export function findingsOf(documents: readonly Document[]): Readonly<Record<string, readonly string[]>> {
  const all = documents.map((it) => [it.name, lintDocument(it, outlineOf(it.name))] as const)
  const present = new Set(documents.map((it) => it.name))
  const missing = Object.keys(OUTLINES).filter((it) => !present.has(it))
  const alerts = documents.some((it) => it.name.startsWith('alert-'))
  return Object.fromEntries([
    ...all.filter(([, findings]) => findings.length > 0),
    ...missing.map((it) => [it, [`${it} is missing`]] as const),
    ...(alerts ? [] : [['alert', ['there is no page for any alert']] as const]),
  ])
}

function outlineOf(name: string): readonly string[] {
  return OUTLINES[name] ?? ALERT_OUTLINE
}
