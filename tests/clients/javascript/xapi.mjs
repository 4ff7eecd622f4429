// What a course that uses @xapi/xapi does. In: ENDPOINT, KEY, SECRET. Out: one line of JSON with what it was told.
import { createHash, randomUUID } from "node:crypto";

import XAPI from "@xapi/xapi";

const configuration = {
    endpoint: process.env.ENDPOINT,
    auth: XAPI.toBasicAuth(process.env.KEY, process.env.SECRET),
    version: process.env.VERSION,
    adapter: process.env.ADAPTER,
};
const xapi = new XAPI(configuration);
const ann = { objectType: "Agent", name: "Ann", mbox: "mailto:ann@example.com" };
const forklift = {
    objectType: "Activity",
    id: "https://lms.example.com/courses/forklift-safety",
    definition: { name: { "en-US": "Forklift safety" }, type: "http://adlnet.gov/expapi/activities/course" },
};
const statement = (verb, more = {}) => ({ id: randomUUID(), actor: ann, verb, object: forklift, ...more });
const refused = (promise) =>
    promise.then(
        () => "not refused",
        // Over fetch the library throws the body of the answer as the message.
        (error) => error.response?.status ?? JSON.parse(error.message).status,
    );

const ATTEMPTED = { id: "http://adlnet.gov/expapi/verbs/attempted", display: { "en-US": "attempted" } };

const told = {};
told.about = (await xapi.getAbout()).data.version;

const passed = statement(XAPI.Verbs.PASSED, { result: { score: { scaled: 0.92 }, duration: XAPI.calculateISO8601Duration(new Date(0), new Date(62000)) } });
told.one = { id: passed.id, answer: (await xapi.sendStatement({ statement: passed })).data };
told.one.read = (await xapi.getStatement({ statementId: passed.id })).data;

const many = [...Array(7).keys()].map(() => statement(XAPI.Verbs.PROGRESSED));
told.many = { ids: many.map((each) => each.id), answer: (await xapi.sendStatements({ statements: many })).data };

told.pages = [];
let page = await xapi.getStatements({ agent: ann, verb: XAPI.Verbs.PROGRESSED.id, activity: forklift.id, limit: 3, ascending: true });
for (;;) {
    told.pages.push(page.data.statements.map((each) => each.id));
    if (!page.data.more) break;
    page = await xapi.getMoreStatements({ more: page.data.more });
}

const text = "Certificate of Ann: 92 %";
const bytes = new TextEncoder().encode(text);
const attached = statement(XAPI.Verbs.COMPLETED, {
    attachments: [
        {
            usageType: XAPI.AttachmentUsages.CERTIFICATE_OF_COMPLETION,
            display: { "en-US": "Certificate" },
            contentType: "text/plain",
            length: bytes.length,
            sha2: createHash("sha256").update(bytes).digest("hex"),
        },
    ],
});
// Over axios the library loses the content type of the parts when it runs in node; over fetch it does not.
const carrier = process.env.ADAPTER === "axios" ? new XAPI({ ...configuration, adapter: "fetch" }) : xapi;
told.attachment = { sent: text };
told.attachment.answer = (await carrier.sendStatement({ statement: attached, attachments: [bytes.buffer] })).data;
told.attachment.read = (await xapi.getStatement({ statementId: attached.id, attachments: true })).data[1];
told.attachment.found = (await xapi.getStatements({ verb: XAPI.Verbs.COMPLETED.id, attachments: true })).data[1];

const [one, two] = [statement(ATTEMPTED), statement(ATTEMPTED)];
await xapi.sendStatements({ statements: [one, two] });
await xapi.voidStatement({ actor: ann, statementId: one.id });
told.voiding = { id: one.id, asUsual: await refused(xapi.getStatement({ statementId: one.id })) };
told.voiding.asVoided = (await xapi.getVoidedStatement({ voidedStatementId: one.id })).data.id;
told.voiding.several = (await xapi.voidStatements({ actor: ann, statementIds: [two.id] })).data.length;
// What refers to them is still found by what it refers to.
told.voiding.left = (await xapi.getStatements({ verb: ATTEMPTED.id })).data.statements.map((each) => each.verb.id);

const place = { agent: ann, activityId: forklift.id, registration: randomUUID() };
await xapi.createState({ ...place, stateId: "bookmark", state: { page: 7, zoom: 2 } });
await xapi.createState({ ...place, stateId: "bookmark", state: { page: 8 } });
const bookmark = await xapi.getState({ ...place, stateId: "bookmark" });
told.state = { merged: bookmark.data, etag: Boolean(bookmark.headers.etag), ids: (await xapi.getStates(place)).data };
await xapi.setState({ ...place, stateId: "bookmark", state: { page: 9 }, etag: bookmark.headers.etag, matchHeader: "If-Match" });
told.state.replaced = (await xapi.getState({ ...place, stateId: "bookmark" })).data;
told.state.stale = await refused(
    xapi.setState({ ...place, stateId: "bookmark", state: { page: 1 }, etag: bookmark.headers.etag, matchHeader: "If-Match" }),
);
await xapi.deleteState({ ...place, stateId: "bookmark" });
told.state.deleted = await refused(xapi.getState({ ...place, stateId: "bookmark" }));
await xapi.setState({ ...place, stateId: "notes", state: { text: "Grüße 🚜" } });
told.state.notes = (await xapi.getState({ ...place, stateId: "notes" })).data;
await xapi.deleteStates(place);
told.state.after = (await xapi.getStates(place)).data;

const where = { activityId: forklift.id, profileId: "settings" };
await xapi.createActivityProfile({ ...where, profile: { mastery: 0.8 } });
const settings = await xapi.getActivityProfile(where);
told.activityProfile = { read: settings.data, ids: (await xapi.getActivityProfiles({ activityId: forklift.id })).data };
await xapi.setActivityProfile({ ...where, profile: { mastery: 0.9 }, etag: settings.headers.etag, matchHeader: "If-Match" });
told.activityProfile.replaced = (await xapi.getActivityProfile(where)).data;
told.activityProfile.blind = await refused(
    xapi.setActivityProfile({ ...where, profile: {}, etag: "*", matchHeader: "If-None-Match" }),
);
await xapi.deleteActivityProfile(where);
told.activityProfile.deleted = await refused(xapi.getActivityProfile(where));

const whose = { agent: ann, profileId: "preferences" };
await xapi.createAgentProfile({ ...whose, profile: { language: "de" } });
told.agentProfile = { read: (await xapi.getAgentProfile(whose)).data, ids: (await xapi.getAgentProfiles({ agent: ann })).data };
await xapi.deleteAgentProfile(whose);
told.agentProfile.deleted = await refused(xapi.getAgentProfile(whose));

told.activity = (await xapi.getActivity({ activityId: forklift.id })).data.definition.name["en-US"];
told.person = (await xapi.getAgent({ agent: ann })).data;
told.cacheBuster = await refused(xapi.getStatements({ limit: 1, useCacheBuster: true }));

console.log(JSON.stringify(told));
