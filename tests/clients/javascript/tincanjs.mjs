// What a course that uses TinCanJS does. In: ENDPOINT, KEY, SECRET. Out: one line of JSON with what it was told.
import TinCan from "tincanjs";

TinCan.DEBUG = false;
const lrs = new TinCan.LRS({
    endpoint: process.env.ENDPOINT,
    username: process.env.KEY,
    password: process.env.SECRET,
    allowFail: false,
});
const ann = new TinCan.Agent({ name: "Ann", mbox: "mailto:ann@example.com" });
const forklift = new TinCan.Activity({
    id: "https://lms.example.com/courses/forklift-safety",
    definition: { name: { "en-US": "Forklift safety" }, type: "http://adlnet.gov/expapi/activities/course" },
});

// Every call of the library takes a callback(error, result); an error that is a number is an HTTP status.
const call = (name, ...given) =>
    new Promise((resolve) => {
        const configuration = typeof given.at(-1) === "object" && given.at(-1)?.isConfiguration ? given.pop() : {};
        lrs[name](...given, {
            ...configuration,
            callback: (error, result) =>
                resolve({ error: error === null ? null : error, status: result?.status ?? null, result }),
        });
    });
const configured = (more) => ({ isConfiguration: true, ...more });
const statement = (verb, more = {}) =>
    new TinCan.Statement(
        {
            actor: ann,
            verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { "en-US": verb } },
            target: forklift,
            ...more,
        },
        { doStamp: false },
    );

const told = { version: lrs.version };

const about = await call("about");
told.about = { error: about.error, versions: about.result.version };

const scored = statement("passed", { id: TinCan.Utils.getUUID(), result: { score: { scaled: 0.92 }, success: true } });
told.one = { id: scored.id, error: (await call("saveStatement", scored)).error };
const back = (await call("retrieveStatement", scored.id)).result;
told.one.scaled = back.result.score.scaled;
told.one.name = back.target.definition.name["en-US"];

const many = [...Array(7).keys()].map((number) =>
    statement("experienced", { id: TinCan.Utils.getUUID(), result: { response: String(number) } }),
);
told.many = { ids: many.map((each) => each.id), error: (await call("saveStatements", many)).error };

told.pages = [];
let page = await call("queryStatements", configured({ params: { agent: ann, verb: many[0].verb, activity: forklift, limit: 3, ascending: true } }));
for (;;) {
    told.pages.push(page.result.statements.map((each) => each.id));
    if (!page.result.more) break;
    page = await call("moreStatements", configured({ url: page.result.more }));
}

const text = "Certificate of Ann: 92 %\nsigned by Bob";
const certificate = new TinCan.Attachment({
    usageType: "http://id.tincanapi.com/attachment/certificate-of-completion",
    display: { "en-US": "Certificate" },
    contentType: "text/plain; charset=utf-8",
});
certificate.setContentFromString(text);
const attached = statement("completed", { id: TinCan.Utils.getUUID(), attachments: [certificate] });
const sent = await call("saveStatement", attached);
const read = (await call("retrieveStatement", attached.id, configured({ params: { attachments: true } }))).result;
const found = (await call("queryStatements", configured({ params: { verb: attached.verb, attachments: true } }))).result;
told.attachment = {
    error: sent.error,
    sent: text,
    read: read.attachments[0].getContentAsString(),
    found: found.statements[0].attachments[0].getContentAsString(),
};

const target = statement("attempted", { id: TinCan.Utils.getUUID() });
await call("saveStatement", target);
const voiding = new TinCan.Statement({
    actor: ann,
    verb: { id: "http://adlnet.gov/expapi/verbs/voided" },
    target: { objectType: "StatementRef", id: target.id },
});
told.voiding = { error: (await call("saveStatement", voiding)).error, id: target.id };
told.voiding.asUsual = (await call("retrieveStatement", target.id)).error;
told.voiding.asVoided = (await call("retrieveVoidedStatement", target.id)).result.id;

const place = { agent: ann, activity: forklift, registration: "8f14e45f-ceea-467f-a83c-7b3b0f4a9f6e" };
told.state = { save: (await call("saveState", "bookmark", { page: 7 }, configured({ ...place, contentType: "application/json" }))).error };
told.state.ids = (await call("retrieveStateIds", configured(place))).result;
const state = (await call("retrieveState", "bookmark", configured(place))).result;
told.state.page = state.contents.page;
told.state.etag = Boolean(state.etag);
told.state.drop = (await call("dropState", "bookmark", configured(place))).error;
told.state.after = (await call("retrieveState", "bookmark", configured(place))).result;

told.activityProfile = {
    save: (await call("saveActivityProfile", "settings", "first", configured({ activity: forklift }))).error,
};
const settings = (await call("retrieveActivityProfile", "settings", configured({ activity: forklift }))).result;
told.activityProfile.read = settings.contents;
told.activityProfile.ids = (await call("retrieveActivityProfileIds", configured({ activity: forklift }))).result;
told.activityProfile.again = (
    await call("saveActivityProfile", "settings", "second", configured({ activity: forklift, lastSHA1: settings.etag }))
).error;
told.activityProfile.stale = (
    await call("saveActivityProfile", "settings", "third", configured({ activity: forklift, lastSHA1: settings.etag }))
).error;
told.activityProfile.drop = (await call("dropActivityProfile", "settings", configured({ activity: forklift }))).error;

told.agentProfile = {
    save: (await call("saveAgentProfile", "preferences", { language: "de" }, configured({ agent: ann, contentType: "application/json" }))).error,
};
told.agentProfile.read = (await call("retrieveAgentProfile", "preferences", configured({ agent: ann }))).result.contents;
told.agentProfile.ids = (await call("retrieveAgentProfileIds", configured({ agent: ann }))).result;
told.agentProfile.drop = (await call("dropAgentProfile", "preferences", configured({ agent: ann }))).error;

told.activity = (await call("retrieveActivity", forklift.id)).result.definition.name["en-US"];

console.log(JSON.stringify(told));
