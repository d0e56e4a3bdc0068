"""What the pages of node and centre have in common: safety, language, look and log-in.

An appliance makes a shell, lists its routes and gives both to ``build_app``::

    assets = Assets()
    shell = Shell(
        name=node_name,                      # part of the cookies' names
        product="product.node",              # key of a text
        db=db, clock=clock, passwords=Passwords(), assets=assets,
        catalogue=Catalogue(base_texts(), resources.files("saraban_node") / "texts.toml"),
        templates=Templates("saraban_node", assets),
        frame=lambda visit: Frame(owner=office_name, rail=[RailItem("/", "today", "rail.today")]),
        owner=lambda: office_name,
    )
    app = build_app(shell, [
        page("/", show_today, needs=role("clerk")),          # def show_today(visit) -> Answer
        act("/line/try", try_now, needs=role("clerk")),      # form with {{ ui.token_field() }}
    ], title="Saraban node", version=version)

A page function takes a ``Visit`` and runs in a worker thread, so it may
read and write the database. It answers with ``visit.page("today.html", rows=rows)`` or, after a
change, with ``visit.redirect("/", said="saved")``; any ``SarabanError`` it lets through becomes a
page or a JSON problem with the right status (``errors.register`` for an appliance's own errors).

Templates extend ``base.html`` (blocks ``title``, ``width``, ``main``) and find there ``t('key')``,
``digits(n)``, ``count(n)``, ``long_date``, ``short_date``, ``clock_time``, ``moment``, ``ago``,
``size``, ``icon('name')`` and the macros of ``ui.html`` as ``ui.…``. Typed handlers of a JSON API
are ordinary Litestar handlers with ``needs=…`` that call ``await serve(request, work)``.

Log-in, log-out, password, settings, language, assets, ``/healthz``, ``/readyz`` and
``/schema/openapi.json`` come with every application.
"""
