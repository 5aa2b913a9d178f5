export const HELP = `Stands in for Meta: the parts of Graph that a messaging app calls, and everybody's Messenger under /_sim.

  node src/simulator/main.ts [options]

  --port <n>             port to listen on, 4000 by default, 0 for any
  --host <address>       address to listen on, 127.0.0.1 by default
  --webhook-url <url>    where deliveries go, http://127.0.0.1:3000/webhooks/meta by default
  --app-id <n>           the app; with the secret it is the app token "<id>|<secret>"
  --app-secret <secret>  signs deliveries and proves calls, "simulated-app-secret" by default
  --verify-token <token> what POST /_sim/verify shows to the webhook
  --page <id:token>      a Page and its access token; may be repeated; "1234567890:simulated-page-token" by default
  --instagram-page <id:token>  the same for an Instagram account
  --default-app <id>     the app that idle threads belong to: our own by default, "none" for none
  --windows <mode>       enforced (default): nobody who did not write can be written to; open: everybody just wrote
  --limits <mode>        enforced (default): 300 sends a second and the other rates of Meta; off
  --profiles <mode>      given (default) or none: what the app may read of people
  --no-echoes            send no echoes
  --no-deliveries        send no delivery events
  --redeliver-after <ms,…>  pauses before each new try of a delivery, 100,500,2000 by default; after the last it is lost
  --keep <n>             how many messages are remembered, 100000 by default
  --quiet                say nothing of single calls
  --help

What people do, each with "pageId":
  POST   /_sim/messages   { "psid", "text" | "attachments" | "postback": { "title", "payload" } | "reaction": { "mid", "emoji" }
                          | "referral": { "ref" }, "quickReplyPayload", "replyTo", "mid" }
  GET    /_sim/messages   ?psid=&pageId=   what Messenger shows
  POST   /_sim/read       { "psid" }       has read
  POST   /_sim/optin      { "userRef", "ref" }   ticks a checkbox
  POST   /_sim/comments   { "message", "from": { "id", "name" }, "postId", "commentId", "parentId", "post": true, "createdAt" }
  GET    /_sim/comments   ?pageId=   with what became of them: hidden, answered
  POST   /_sim/person     { "psid", "lastWroteAt", "blocked", "stopped", "profile": {…} | null | "unavailable" }

What happens to the Page, each with "pageId":
  POST   /_sim/token      { "valid", "subcode", "newToken", "expiresAt", "scopes" }
  POST   /_sim/page       { "restricted", "missingPermission": 10 | 200 | null, "humanAgent", "products" }
  POST   /_sim/usage      { "percent", "regainMinutes" }   in the headers of the answers that follow
  POST   /_sim/owner      { "psid", "appId": … | null, "by": "pass" | "take", "metadata" }   which app has the thread
  POST   /_sim/request    { "psid", "appId", "metadata" }  another app asks for the thread
  POST   /_sim/inbox      { "psid", "text" }               a human answers in Meta's inbox
  POST   /_sim/attachments { "attachmentId", "type", "uploadedAt" }
  POST   /_sim/templates  { "name", "language", "status", "components" }

What Meta does:
  POST   /_sim/redeliver  { "mid" }        the same delivery once more
  POST   /_sim/fail       { "times", "path", "pageId", "psid", "status", "error": { "code", "error_subcode", "message" },
                          "hangMs", "delayMs", "cut": "before" | "after", "taken" }   "path": messages by default, * for all
  DELETE /_sim/fail       everything succeeds again
  POST   /_sim/verify     the check that Meta makes when a webhook is set up
  GET    /_sim/stats      sends, refusals and rates of each Page, and what the webhook was told; DELETE begins anew

Graph, below /v26.0:
  POST   /<page>/messages, /<page>/message_attachments, /<page>/{pass,take,release,request,extend}_thread_control
  GET    /<page>, /<person>, /<page>/conversations, /<conversation>, /<message>, /<page>/thread_owner, /<page>/message_templates
  *      /<page>/personas, /<persona>, /<page>/messenger_profile, /<page>/subscribed_apps, /<app>/subscriptions, /debug_token
  POST   /<comment>, /<comment>/comments, /<comment>/replies
`
