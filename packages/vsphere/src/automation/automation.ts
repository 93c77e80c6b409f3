export interface AutomationRequest {
  readonly method: 'GET' | 'POST'
  /** Below the root of the API: `/cis/tagging/tag`. */
  readonly path: string
  /** Which one of them. */
  readonly id?: string
  /** What POST does with it: `list-attached-objects-on-tags`. */
  readonly action?: string
  readonly body?: unknown
}

/** vCenter's REST API, which knows what vim25 does not: tags. There is one during a visit only: {@link Session.visitAutomation}. */
export interface Automation {
  readonly host: string
  /**
   * Gives what the answer's JSON says, unchecked. Asked again up to twice if the answer is lost, or the server overloaded: ask for nothing that may not be.
   *
   * @throws `vsphere.automation-refused`, `vsphere.unavailable`, `vsphere.answer-too-large`, `vsphere.bad-answer`; the `signal.reason` of the visit
   */
  call(request: AutomationRequest): Promise<unknown>
}
