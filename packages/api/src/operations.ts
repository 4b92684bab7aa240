/**
 * The table of all operations: the one source of routes, permissions, openapi.json and the client.
 * Each noun keeps its rows in its own file; a new noun adds one line here.
 */
import { accessOperations } from './access.ts'
import { accountOperations } from './account.ts'
import { attentionOperations } from './attention.ts'
import { auditOperations } from './audit.ts'
import { brokenGlassOperations } from './broken-glass.ts'
import { browserCodeOperations } from './browser-code.ts'
import { channelOperations } from './channel.ts'
import { codeScanOperations } from './code-scan.ts'
import { configDocumentOperations } from './config-document.ts'
import { connectionOperations } from './connection.ts'
import { debtOperations } from './debt.ts'
import { deliveryOperations } from './delivery.ts'
import { documentOperations } from './document.ts'
import { draftOperations } from './draft.ts'
import { drillOperations } from './drill.ts'
import { edgeOperations } from './edge.ts'
import { exchangeOperations } from './exchange.ts'
import { exposureOperations } from './exposure.ts'
import { flagOperations } from './flag.ts'
import { hookOperations } from './hook.ts'
import { identityProviderOperations } from './identity-provider.ts'
import { inboundOperations } from './inbound.ts'
import { inputOperations } from './input.ts'
import { killOperations } from './kill.ts'
import { lintOperations } from './lint.ts'
import { metricOperations } from './metric.ts'
import { monitoringOperations } from './monitoring.ts'
import { ofrepOperations } from './ofrep.ts'
import { ownTokenOperations } from './own-token.ts'
import { peopleOperations } from './people.ts'
import { personaOperations } from './persona.ts'
import { planCheckOperations } from './plan-check.ts'
import { planTemplateOperations } from './plan-template.ts'
import { policyOperations } from './policy.ts'
import { procedureActOperations } from './procedure-act.ts'
import { procedureOperations } from './procedure.ts'
import { projectOperations } from './project.ts'
import { proofOperations } from './proof.ts'
import { providerSignInOperations } from './provider-sign-in.ts'
import { reachOperations } from './reach.ts'
import { referenceOperations } from './reference.ts'
import { relatedProcedureOperations } from './related-procedure.ts'
import { reportOperations } from './report.ts'
import { resourceOperations } from './resource.ts'
import { retentionOperations } from './retention.ts'
import { rollbackRunOperations } from './rollback-run.ts'
import { rolloutLiveOperations } from './rollout-live.ts'
import { rolloutOperations } from './rollout.ts'
import { secretOperations } from './secret.ts'
import { segmentOperations } from './segment.ts'
import { sloOperations } from './slo.ts'
import { systemOperations } from './system.ts'
import { unleashOperations } from './unleash.ts'
import { verificationOperations } from './verification.ts'

/** Operation ids and their operations. */
export const operations = {
  ...systemOperations,
  ...configDocumentOperations,
  ...accessOperations,
  ...accountOperations,
  ...peopleOperations,
  ...proofOperations,
  ...ownTokenOperations,
  ...browserCodeOperations,
  ...identityProviderOperations,
  ...providerSignInOperations,
  ...projectOperations,
  ...auditOperations,
  ...exchangeOperations,
  ...exposureOperations,
  ...edgeOperations,
  ...flagOperations,
  ...segmentOperations,
  ...personaOperations,
  ...draftOperations,
  ...reachOperations,
  ...killOperations,
  ...deliveryOperations,
  ...ofrepOperations,
  ...unleashOperations,
  ...rolloutOperations,
  ...rolloutLiveOperations,
  ...procedureOperations,
  ...attentionOperations,
  ...documentOperations,
  ...channelOperations,
  ...reportOperations,
  ...inboundOperations,
  ...secretOperations,
  ...retentionOperations,
  ...procedureActOperations,
  ...brokenGlassOperations,
  ...rollbackRunOperations,
  ...hookOperations,
  ...planTemplateOperations,
  ...planCheckOperations,
  ...policyOperations,
  ...verificationOperations,
  ...drillOperations,
  ...inputOperations,
  ...referenceOperations,
  ...codeScanOperations,
  ...lintOperations,
  ...connectionOperations,
  ...relatedProcedureOperations,
  ...debtOperations,
  ...monitoringOperations,
  ...metricOperations,
  ...resourceOperations,
  ...sloOperations,
}

export type Operations = typeof operations
export type OperationId = keyof Operations
