"""Addresses of municipalities."""

from django.urls import path

from municipalities.views import (
    bodies,
    contacts,
    files,
    imports,
    kept_mail,
    message_words,
    messages,
    municipal_people,
    people,
    places,
    session,
    statistics,
)

app_name = "municipalities"
urlpatterns = [
    path("kommuner/", places.MunicipalityListView.as_view(), name="municipality_list"),
    path("kommuner/<code:code>/", places.municipality_detail, name="municipality_detail"),
    path("statistik/", statistics.StatisticListView.as_view(), name="statistic_list"),
    path("statistik/ny/", statistics.statistic_create, name="statistic_create"),
    path("statistik/<int:pk>/", statistics.statistic_detail, name="statistic_detail"),
    path("statistik/<int:pk>/andra/", statistics.statistic_update, name="statistic_update"),
    path(
        "statistik/<int:pk>/ta-bort/", statistics.statistic_delete, name="statistic_delete"
    ),
    path(
        "statistik/<int:pk>/historik/",
        statistics.statistic_history,
        name="statistic_history",
    ),
    # Importing a file of figures.
    path("statistik/importera/", imports.statistic_import, name="statistic_import"),
    path(
        "statistik/importera/<int:pk>/",
        imports.statistic_import_preview,
        name="statistic_import_preview",
    ),
    path(
        "statistik/importera/<int:pk>/avbryt/",
        imports.statistic_import_discard,
        name="statistic_import_discard",
    ),
    path("filer/<int:pk>/", files.file_download, name="file_download"),
    path("medarbetare/", people.MembershipListView.as_view(), name="membership_list"),
    path("medarbetare/ny/", people.membership_create, name="membership_create"),
    path("medarbetare/<int:pk>/andra/", people.membership_update, name="membership_update"),
    path("medarbetare/<int:pk>/avsluta/", people.membership_end, name="membership_end"),
    path(
        "medarbetare/<int:pk>/historik/",
        people.membership_history,
        name="membership_history",
    ),
    # The people of a municipality: its own pages, and those for the body's staff.
    path(
        "kommunen/personer/",
        municipal_people.PersonListView.as_view(),
        name="person_list",
    ),
    path(
        "kommunen/personer/ny/",
        municipal_people.person_create,
        name="person_create",
    ),
    path(
        "kommunen/personer/<int:pk>/andra/",
        municipal_people.person_update,
        name="person_update",
    ),
    path(
        "kommunen/personer/<int:pk>/ta-bort/",
        municipal_people.person_remove,
        name="person_remove",
    ),
    path(
        "kommunen/personer/<int:pk>/historik/",
        municipal_people.person_history,
        name="person_history",
    ),
    path(
        "kommuner/<code:code>/personer/",
        municipal_people.MunicipalityPersonListView.as_view(),
        name="municipality_person_list",
    ),
    path(
        "kommuner/<code:code>/personer/ny/",
        municipal_people.municipality_person_create,
        name="municipality_person_create",
    ),
    path(
        "kommuner/<code:code>/personer/<int:pk>/andra/",
        municipal_people.municipality_person_update,
        name="municipality_person_update",
    ),
    path(
        "kommuner/<code:code>/personer/<int:pk>/ta-bort/",
        municipal_people.municipality_person_remove,
        name="municipality_person_remove",
    ),
    path(
        "kommuner/<code:code>/personer/<int:pk>/historik/",
        municipal_people.municipality_person_history,
        name="municipality_person_history",
    ),
    # Contacts: what to see over, and what is done with them at either desk.
    path("kontakter/", contacts.ContactWatchView.as_view(), name="contacts_watch"),
    path(
        "kommunen/kontakter/bekrafta/",
        contacts.contacts_confirm,
        name="contacts_confirm",
    ),
    path(
        "kommunen/kontakter/brevlada/",
        contacts.contacts_mailbox,
        name="contacts_mailbox",
    ),
    path(
        "kommuner/<code:code>/kontakter/bekrafta/",
        contacts.municipality_contacts_confirm,
        name="municipality_contacts_confirm",
    ),
    path(
        "kommuner/<code:code>/kontakter/brevlada/",
        contacts.municipality_contacts_mailbox,
        name="municipality_contacts_mailbox",
    ),
    path(
        "kommuner/<code:code>/kontakter/kommer-inte-fram/",
        contacts.municipality_contacts_bounced,
        name="municipality_contacts_bounced",
    ),
    path(
        "kommuner/<code:code>/kontakter/fungerar/",
        contacts.municipality_contacts_works,
        name="municipality_contacts_works",
    ),
    path("organisation/", bodies.body_detail, name="body_detail"),
    path("organisation/andra/", bodies.body_update, name="body_update"),
    path("organisation/historik/", bodies.body_history, name="body_history"),
    # Messages by e-mail, and the words that they are made of.
    path("meddelanden/", messages.MessageListView.as_view(), name="message_list"),
    path("meddelanden/<int:pk>/", messages.message_detail, name="message_detail"),
    path(
        "meddelanden/<int:pk>/historik/", messages.message_history, name="message_history"
    ),
    path(
        "meddelanden/<int:pk>/skicka-igen/",
        messages.message_send_again,
        name="message_send_again",
    ),
    path("meddelanden/<int:pk>/framme/", messages.message_arrived, name="message_arrived"),
    path("meddelanden/<int:pk>/avfarda/", messages.message_dismiss, name="message_dismiss"),
    path(
        "meddelanden/mallar/",
        message_words.messagetemplate_list,
        name="messagetemplate_list",
    ),
    path(
        "meddelanden/mallar/<slug:kind>/",
        message_words.messagetemplate_update,
        name="messagetemplate_update",
    ),
    path(
        "meddelanden/mallar/<slug:kind>/granska/",
        message_words.messagetemplate_preview,
        name="messagetemplate_preview",
    ),
    path(
        "meddelanden/mallar/<slug:kind>/aterstall/",
        message_words.messagetemplate_restore,
        name="messagetemplate_restore",
    ),
    path(
        "meddelanden/mallar/<slug:kind>/historik/",
        message_words.messagetemplate_history,
        name="messagetemplate_history",
    ),
    path("utveckling/mejl/", kept_mail.kept_mail, name="kept_mail"),
    path(
        "utveckling/mejl/<slug:name>/<int:place>/",
        kept_mail.kept_mail_file,
        name="kept_mail_file",
    ),
    path("byt-roll/", session.membership_switch, name="membership_switch"),
    path("demo/logga-in/", session.demo_login, name="demo_login"),
]
