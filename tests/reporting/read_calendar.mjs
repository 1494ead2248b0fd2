// Reads a calendar from standard input as a calendar program does, and tells what it found.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

ICAL.design.strict = true;
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf-8")));
const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
        uid: event.uid,
        summary: event.summary,
        description: event.description,
        start: event.startDate.toString(),
        end: event.endDate.toString(),
        isWholeDay: event.startDate.isDate && event.endDate.isDate,
        days: event.duration.toSeconds() / 86400,
        sequence: event.sequence,
        url: component.getFirstPropertyValue("url"),
        transparency: component.getFirstPropertyValue("transp"),
        categories: component.getFirstProperty("categories").getValues(),
        alarms: component.getAllSubcomponents("valarm").length,
    };
});
console.log(JSON.stringify({
    name: calendar.getFirstPropertyValue("x-wr-calname"),
    version: calendar.getFirstPropertyValue("version"),
    refresh: String(calendar.getFirstPropertyValue("refresh-interval")),
    events,
}));
