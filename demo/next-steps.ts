import type { World } from './world.ts'

/** What to try while the demo stays up: commands that work as they stand. */
export function nextSteps(world: World, conversationId: string): string {
  const { service, simulator, pageId, psid, apiKey } = world
  const auth = `-H "Authorization: Bearer $KEY"`
  const json = `-H 'content-type: application/json'`
  const written = JSON.stringify({ pageId, psid, text: 'Can I change the address?' })
  const reply = JSON.stringify({ text: 'Yes, tell me the new one.', agent: { name: 'Mia' } })
  const fault = JSON.stringify({ times: 2, status: 500, error: { code: 2, message: 'Service down' } })
  const steps: [string, string][] = [
    ['first, the key of the API', `KEY=${apiKey}`],
    ['write as the customer', `curl -s ${simulator.url}/_sim/messages ${json} -d '${written}'`],
    ['list the inbox', `curl -s ${service.url}/v1/inbox/conversations ${auth}`],
    [
      'answer as an agent',
      `curl -s ${service.url}/v1/conversations/${conversationId}/replies ${auth} ${json} -d '${reply}'`,
    ],
    ['see what the customer sees', `curl -s '${simulator.url}/_sim/messages?psid=${psid}'`],
    ['look at the conversation', `curl -s ${service.url}/v1/inbox/conversations/${conversationId} ${auth}`],
    ['let Graph fail twice, then answer again', `curl -s ${simulator.url}/_sim/fail ${json} -d '${fault}'`],
    ['see what was given up on', `curl -s ${service.url}/v1/dead-letters ${auth}`],
    ['see the metrics', `curl -s ${service.adminUrl}/metrics`],
  ]
  return steps.map(([what, command]) => `  # ${what}\n  ${command}`).join('\n')
}
